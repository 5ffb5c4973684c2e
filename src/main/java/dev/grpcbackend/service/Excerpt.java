package dev.grpcbackend.service;

/** What a caller sent, cut to a length that may be repeated in an error message. */
final class Excerpt {

  static final int MAX_CHARACTERS = 80;

  private Excerpt() {}

  static String of(String text) {
    if (text.length() <= MAX_CHARACTERS) {
      return text;
    }
    // Half of a surrogate pair would not be valid UTF-8 on the wire.
    int end = Character.isHighSurrogate(text.charAt(MAX_CHARACTERS - 1))
        ? MAX_CHARACTERS - 1
        : MAX_CHARACTERS;
    return text.substring(0, end) + "…";
  }
}
