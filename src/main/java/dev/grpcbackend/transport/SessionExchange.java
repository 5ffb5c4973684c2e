package dev.grpcbackend.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayDeque;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the exchanges of both HTTP versions share: the order in which a receiver hears of things. A
 * part of the body that is not wanted yet is held back, the end comes after the last part, and
 * nothing comes after the exchange is over.
 */
abstract class SessionExchange implements Exchange {

  static final Future<Void> DONE = Future.succeededFuture();

  /** Parts below that are put together while they are held back: each costs more than its bytes. */
  private static final int GATHERED_BYTES = 4 * 1024;

  private final ContextInternal context;
  private @Nullable Receiver receiver;
  private @Nullable ArrayDeque<Buffer> unread;
  private int unreadBytes;
  private long keptBytes;
  private long heldBytes;
  private boolean heldTooMuch;
  private boolean paused;
  private boolean delivering;
  private boolean requestEnded;
  private boolean endDelivered;
  private @Nullable Promise<Void> room;
  private boolean waitingForRoom;
  private int status = 200;
  private HeaderBlock head = HeaderBlock.EMPTY;
  private @Nullable UnaryOperator<HeaderBlock> completion;

  private boolean needsWholeBody;
  private @Nullable Pace pace;

  /** The response has got its end, or nobody waits for it: nothing can be added. */
  private boolean over;

  SessionExchange(ContextInternal context) {
    this.context = context;
  }

  /** Whether bytes of the response wait for the client. */
  abstract boolean isFull();

  /** Whether bytes of this response, and not of others, wait for the client. */
  abstract boolean isBehind();

  /** Returns how much of the response has been sent; exact only while {@link #isBehind()}. */
  abstract long sentBytes();

  /** Returns how much of the body has been received. */
  abstract long receivedBytes();

  /** Whether the client may send more of the body. */
  abstract boolean hasReceiveWindow();

  /** Returns what the connection may hold. */
  abstract MemoryShare memory();

  /** Ends the exchange, as it holds too much. */
  abstract void onHeldTooMuch();

  /** A part of the body has been handed over, or will never be. */
  void onConsumed(int bytes) {}

  @Override
  public final Context context() {
    return context;
  }

  @Override
  public final void receiver(Receiver receiver) {
    this.receiver = receiver;
  }

  @Override
  public final void head(int status, HeaderBlock headers) {
    this.status = status;
    this.head = completion == null ? headers : completion.apply(headers);
  }

  @Override
  public final void completeHead(UnaryOperator<HeaderBlock> completion) {
    this.completion = completion;
  }

  @Override
  public final void needsWholeBody() {
    needsWholeBody = true;
  }

  @Override
  public final void keeps(int bytes) {
    if (!over) {
      hold(bytes - keptBytes);
      keptBytes = bytes;
    }
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    deliver();
  }

  @Override
  public final boolean writeQueueFull() {
    waitingForRoom = !over && isFull();
    return waitingForRoom;
  }

  final int status() {
    return status;
  }

  final HeaderBlock head() {
    return head;
  }

  final boolean isOver() {
    return over;
  }

  final void over() {
    over = true;
  }

  final boolean isPaused() {
    return paused;
  }

  final boolean isRequestEnded() {
    return requestEnded;
  }

  final void requestEnded() {
    requestEnded = true;
  }

  /** Whether nobody will take what comes. */
  final boolean isUnwanted() {
    return over || receiver == null;
  }

  /** Returns how much of the body is held back. */
  final int unreadBytes() {
    return unreadBytes;
  }

  /** Whether the handler waits for the client, and not the client for us, to get on with the body. */
  final boolean awaitsBody() {
    return needsWholeBody && !requestEnded && !paused && !over && hasReceiveWindow();
  }

  /** Returns why the client is to be cut off, or null if it is not. */
  final @Nullable Cut lookAtPace(HttpLimits.Patience patience, boolean lineBusy, long now) {
    if (pace == null) {
      pace = new Pace();
    }
    return pace.look(this, patience, lineBusy, now);
  }

  /** Holds more of the memory, or less. Too much of it ends the exchange, in a turn of its own. */
  final void hold(long bytes) {
    if (bytes == 0) {
      return;
    }
    heldBytes += bytes;
    if (!memory().change(bytes) && bytes > 0 && !heldTooMuch) {
      heldTooMuch = true;
      context.runOnContext(turn -> onHeldTooMuch());
    }
  }

  /** Holds nothing any more. */
  final void holdNothing() {
    hold(-heldBytes);
  }

  /** Takes the next bytes of the body, which may be followed by {@link #requestEnded()}. */
  final void onBody(ByteBuf in, int length) {
    if (unread == null && !paused && !delivering && receiver != null) {
      deliver(receiver, BufferInternal.buffer(in.readSlice(length)));
      return;
    }
    Buffer data = copied(in, length);
    if (unread == null) {
      unread = new ArrayDeque<>();
    }
    Buffer last = unread.peekLast();
    if (last != null && last.length() < GATHERED_BYTES && data.length() < GATHERED_BYTES) {
      last.appendBuffer(data);
    } else {
      unread.add(data);
    }
    unreadBytes += data.length();
    hold(data.length());
  }

  /** Hands over what has been held back, as long as it is wanted, and then the end. */
  final void deliver() {
    Receiver target = receiver;
    if (delivering || target == null) {
      return;
    }
    while (!paused && unread != null && !over) {
      Buffer data = unread.remove();
      unreadBytes -= data.length();
      hold(-data.length());
      if (unread.isEmpty()) {
        unread = null;
      }
      deliver(target, data);
    }
    if (requestEnded && !endDelivered && !paused && unread == null && !over) {
      endDelivered = true;
      context.dispatch(target::onEnd);
    }
  }

  /** Returns a future that succeeds when nothing waits for the client any more. */
  final Future<Void> whenSent() {
    if (!isFull()) {
      return DONE;
    }
    if (room == null) {
      room = context.promise();
    }
    return room.future();
  }

  /** Nothing waits for the client any more. */
  final void onRoom() {
    Promise<Void> waiting = room;
    room = null;
    boolean tell = waitingForRoom && !over;
    waitingForRoom = false;
    if (waiting == null && !tell) {
      return;
    }
    context.dispatch(() -> {
      if (waiting != null) {
        waiting.complete();
      }
      if (tell && receiver != null) {
        receiver.onWritable();
      }
    });
  }

  /** The client is gone. The receiver hears of it unless the exchange has been ended already. */
  final void onGone(String reason) {
    dropUnread();
    Promise<Void> waiting = room;
    room = null;
    boolean tell = !over;
    over = true;
    context.dispatch(() -> {
      if (waiting != null) {
        waiting.fail(reason);
      }
      if (tell && receiver != null) {
        receiver.onCancelled(reason);
      }
    });
  }

  final void dropUnread() {
    ArrayDeque<Buffer> dropped = unread;
    unread = null;
    hold(-unreadBytes);
    unreadBytes = 0;
    if (dropped != null) {
      dropped.forEach(data -> onConsumed(data.length()));
    }
  }

  /** Returns the bytes of a buffer that has been taken over: to be released once. */
  static ByteBuf bytes(Buffer takenOver) {
    return takenOver instanceof BufferImpl plain
        ? plain.byteBuf()
        : ((BufferInternal) takenOver).getByteBuf();
  }

  /** Returns the bytes as a buffer of their own, which may grow. */
  private static Buffer copied(ByteBuf in, int length) {
    ByteBuf bytes = new UnpooledHeapByteBuf(in.alloc(), length, Integer.MAX_VALUE);
    return BufferInternal.buffer(bytes.writeBytes(in, length));
  }

  static Future<Void> ended() {
    return Future.failedFuture("the exchange has ended");
  }

  private void deliver(Receiver target, Buffer data) {
    delivering = true;
    context.dispatch(data, target::onData);
    delivering = false;
    onConsumed(data.length());
  }
}
