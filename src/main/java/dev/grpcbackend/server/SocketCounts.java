package dev.grpcbackend.server;

import dev.grpcbackend.proto.channelz.v1.SocketData;
import dev.grpcbackend.rpc.Numbers;
import dev.grpcbackend.service.Channelz;

/** What was done with one connection, for channelz. On the event loop of its server. */
final class SocketCounts {

  final long number = Numbers.next();
  private long started;
  private long succeeded;
  private long failed;
  private long sent;
  private long received;
  private long lastStartedMillis;
  private long lastSentMillis;
  private long lastReceivedMillis;

  void started(long nowMillis) {
    started++;
    lastStartedMillis = nowMillis;
  }

  void sent(long nowMillis) {
    sent++;
    lastSentMillis = nowMillis;
  }

  void received(long nowMillis) {
    received++;
    lastReceivedMillis = nowMillis;
  }

  void closed(boolean ok) {
    if (ok) {
      succeeded++;
    } else {
      failed++;
    }
  }

  SocketData data() {
    SocketData.Builder data = SocketData.newBuilder()
        .setStreamsStarted(started)
        .setStreamsSucceeded(succeeded)
        .setStreamsFailed(failed)
        .setMessagesSent(sent)
        .setMessagesReceived(received);
    if (lastStartedMillis > 0) {
      data.setLastRemoteStreamCreatedTimestamp(Channelz.timestamp(lastStartedMillis));
    }
    if (lastSentMillis > 0) {
      data.setLastMessageSentTimestamp(Channelz.timestamp(lastSentMillis));
    }
    if (lastReceivedMillis > 0) {
      data.setLastMessageReceivedTimestamp(Channelz.timestamp(lastReceivedMillis));
    }
    return data.build();
  }
}
