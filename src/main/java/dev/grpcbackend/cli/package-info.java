/**
 * The command line, one class a command. The only place that reads files and the environment, and
 * that prints.
 */
@NullMarked
package dev.grpcbackend.cli;

import org.jspecify.annotations.NullMarked;
