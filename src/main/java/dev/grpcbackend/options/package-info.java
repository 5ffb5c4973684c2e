/**
 * Option records from configuration: files, environment, system properties and flags are laid over
 * the defaults of a record, key by key, and nothing unknown or malformed gets through.
 *
 * <p>Depends on the JDK and on the YAML parser.
 */
@NullMarked
package dev.grpcbackend.options;

import org.jspecify.annotations.NullMarked;
