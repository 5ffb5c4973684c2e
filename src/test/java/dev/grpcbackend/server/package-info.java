/** Tests of the server as a user embeds and deploys it. */
@NullMarked
package dev.grpcbackend.server;

import org.jspecify.annotations.NullMarked;
