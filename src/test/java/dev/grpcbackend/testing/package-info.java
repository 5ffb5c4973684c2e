/** What tests share: servers on free ports, and peers that speak to them. */
package dev.grpcbackend.testing;
