package dev.grpcbackend.bus;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.grpcbackend.rpc.Marshaller;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** Messages that are passed on as the bytes that they are. */
final class RawMarshaller implements Marshaller<Buffer> {

  static final RawMarshaller INSTANCE = new RawMarshaller();

  private RawMarshaller() {}

  @Override
  public int size(Buffer message) {
    return message.length();
  }

  @Override
  public void write(Buffer message, CodedOutputStream out) throws IOException {
    out.writeRawBytes(message.getBytes());
  }

  @Override
  public Buffer read(CodedInputStream in) throws IOException {
    return Buffer.buffer(in.readRawBytes(in.getBytesUntilLimit()));
  }

  @Override
  public Buffer emptyMessage() {
    return Buffer.buffer();
  }
}
