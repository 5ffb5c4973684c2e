package dev.grpcbackend.transport;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.http.impl.headers.Http2HeadersAdaptor;
import org.jspecify.annotations.Nullable;

/** The head of a request on an HTTP/2 stream (RFC 9113, section 8.3.1). */
final class Http2Request {

  static final long NO_LENGTH = -1;

  private static final int MAX_LENGTH_DIGITS = 18;

  private final String method;
  private final String target;
  private final Http2Headers fields;
  private final MultiMap headers;
  private final long contentLength;

  private Http2Request(String method, String target, Http2Headers fields, long contentLength) {
    this.method = method;
    this.target = target;
    this.fields = fields;
    this.headers = new Http2HeadersAdaptor(fields);
    this.contentLength = contentLength;
  }

  /** Returns the request, or null if it is malformed in a way that no protocol answers. */
  static @Nullable Http2Request of(Http2Headers fields) {
    CharSequence method = fields.getAndRemove(Http2Headers.PseudoHeaderName.METHOD.value());
    CharSequence path = fields.getAndRemove(Http2Headers.PseudoHeaderName.PATH.value());
    CharSequence scheme = fields.getAndRemove(Http2Headers.PseudoHeaderName.SCHEME.value());
    CharSequence authority = fields.getAndRemove(Http2Headers.PseudoHeaderName.AUTHORITY.value());
    CharSequence host = fields.get(HttpHeaderNames.HOST);
    if (method == null || path == null || scheme == null) {
      return null;
    }
    if (authority != null && host != null && !authority.toString().contentEquals(host)) {
      return null;
    }
    CharSequence length = fields.get(HttpHeaderNames.CONTENT_LENGTH);
    long contentLength = length == null ? NO_LENGTH : digits(length);
    if (length != null && contentLength < 0) {
      return null;
    }
    return new Http2Request(method.toString(), path.toString(), fields, contentLength);
  }

  String method() {
    return method;
  }

  String target() {
    return target;
  }

  MultiMap headers() {
    return headers;
  }

  /** Returns the first value of a header, whose name is in lower case. */
  @Nullable
  String header(CharSequence name) {
    // Not by the map, which would look for upper case in the name each time.
    CharSequence value = fields.get(name);
    return value == null ? null : value.toString();
  }

  /** Returns the length that the body has to have, or {@link #NO_LENGTH}. */
  long contentLength() {
    return contentLength;
  }

  private static long digits(CharSequence text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH_DIGITS) {
      return NO_LENGTH;
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return NO_LENGTH;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
