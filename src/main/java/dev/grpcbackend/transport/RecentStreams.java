package dev.grpcbackend.transport;

/** The streams that we have reset last: frames of theirs may still be on the way, and mean nothing. */
final class RecentStreams {

  private static final int REMEMBERED = 64;

  private final int[] ids = new int[REMEMBERED];
  private int next;

  void add(int stream) {
    ids[next] = stream;
    next = (next + 1) % REMEMBERED;
  }

  boolean contains(int stream) {
    for (int id : ids) {
      if (id == stream) {
        return true;
      }
    }
    return false;
  }
}
