"""One gRPC call over a plain HTTP/2 connection, frame by frame, with nothing but sockets."""

import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING = 0, 1, 3, 4, 6
GOAWAY, WINDOW_UPDATE, CONTINUATION = 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
FRAME_BYTES = 16_384
OUR_WINDOW = (1 << 31) - 1


def message(payload):
    """The payload with its gRPC prefix, uncompressed."""
    return b"\0" + struct.pack(">I", len(payload)) + payload


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """A protobuf field: bytes are length-delimited, an int is a varint."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def call(port, path, body, timeout):
    """Returns the bytes of the response's body.

    Raises OSError if there is no connection or the call does not end with grpc-status 0.
    """
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Call(connection).run(port, path, body)


class _Call:
    """The one stream of a connection, number 1."""

    def __init__(self, connection):
        self.connection = connection
        self.received = b""
        self.initial_window = 65_535
        self.stream_window = 65_535
        self.connection_window = 65_535
        self.answer = bytearray()
        self.head = b""
        self.ended = False

    def run(self, port, path, body):
        opening = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        opening += _frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, OUR_WINDOW))
        opening += _frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", OUR_WINDOW - 65_535))
        headers = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": f"127.0.0.1:{port}",
            "content-type": "application/grpc",
            "te": "trailers",
        }
        block = b"".join(_literal(name, value) for name, value in headers.items())
        self.connection.sendall(opening + _frame(HEADERS, END_HEADERS, 1, block))
        self._send(body)
        while not self.ended:
            self._read()
        # Servers write names and values as they are on their first use in a connection, and an
        # index afterwards: the trailers of a first call can be recognized without a decoder.
        if b"grpc-status\x010" not in self.head:
            raise OSError(f"{path}: no grpc-status 0 in {self.head!r}")
        return bytes(self.answer)

    def _send(self, body):
        at = 0
        while at < len(body):
            room = min(FRAME_BYTES, self.stream_window, self.connection_window)
            if room <= 0:
                self._read()
                continue
            part = body[at : at + room]
            at += len(part)
            self.stream_window -= len(part)
            self.connection_window -= len(part)
            last = END_STREAM if at == len(body) else 0
            self.connection.sendall(_frame(DATA, last, 1, part))

    def _read(self):
        head = self._take(9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big")
        payload = self._take(length)
        if kind == DATA:
            self.answer += payload
        elif kind in (HEADERS, CONTINUATION):
            self.head += payload
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, length, 6):
                name, value = struct.unpack_from(">HI", payload, at)
                if name == INITIAL_WINDOW_SIZE:
                    self.stream_window += value - self.initial_window
                    self.initial_window = value
            self.connection.sendall(_frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self.connection.sendall(_frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            if stream:
                self.stream_window += int.from_bytes(payload, "big")
            else:
                self.connection_window += int.from_bytes(payload, "big")
        elif kind == RST_STREAM or kind == GOAWAY:
            raise OSError(f"frame of type {kind}: {payload!r}")
        if stream and kind in (DATA, HEADERS) and flags & END_STREAM:
            self.ended = True

    def _take(self, count):
        while len(self.received) < count:
            more = self.connection.recv(262_144)
            if not more:
                raise OSError("connection closed")
            self.received += more
        taken, self.received = self.received[:count], self.received[count:]
        return taken


def _frame(kind, flags, stream, payload):
    length = struct.pack(">I", len(payload))[1:]
    return length + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _literal(name, value):
    """RFC 7541, section 6.2.2: literal without indexing, new name, no Huffman code."""
    return b"\0" + varint(len(name)) + name.encode() + varint(len(value)) + value.encode()
