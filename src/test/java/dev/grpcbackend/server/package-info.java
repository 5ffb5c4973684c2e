/** Tests of the server as a user embeds and deploys it. */
package dev.grpcbackend.server;
