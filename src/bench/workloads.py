"""What the servers are asked: the calls, how many of them are in flight, and the right answers."""

import http.client
import json
from dataclasses import dataclass

import h2c

GRPC = {"content-type": "application/grpc", "te": "trailers"}
GRPC_WEB = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
JSON = {"content-type": "application/json"}

ALL_KINDS = (
    "ours",
    "ours-stub",
    "ours-metrics",
    "ours-logged",
    "plain",
    "plain-wide",
    "grpc-java",
    "armeria",
    "raw",
)
# Those that speak the protocols of the web.
WEB_KINDS = ("ours", "ours-stub", "armeria")


@dataclass(frozen=True)
class Workload:
    """One kind of call and how many of them are in flight."""

    name: str
    title: str
    path: str
    # Sent by POST; without one it is a GET.
    body: bytes
    # What the answer is, or begins with where what follows is for the server to choose.
    answer: bytes
    connections: int
    streams: int
    messages: int = 1
    headers: tuple[tuple[str, str], ...] = tuple(GRPC.items())
    # HTTP/1.1 takes wrk, HTTP/2 h2load.
    http1: bool = False
    kinds: tuple[str, ...] = ALL_KINDS
    h2load_flags: tuple[str, ...] = ()

    def ask(self, port):
        """Makes the call once, by itself, and returns the body of the answer."""
        if self.headers == tuple(GRPC.items()):
            return h2c.call(port, self.path, self.body, timeout=10)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        method = "POST" if self.body else "GET"
        connection.request(method, self.path, self.body or None, dict(self.headers))
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return body if response.status == 200 else b"%d: %s" % (response.status, body)

    def is_right(self, answer):
        if self.headers == tuple(GRPC_WEB.items()):
            # The trailers are in a last frame of the body, and written this way or that.
            trailers = answer[len(self.answer) :].lower().replace(b" ", b"")
            return answer.startswith(self.answer) and b"grpc-status:0\r\n" in trailers
        if self.answer.startswith(b"{"):
            return answer.startswith(b"{") and json.loads(answer) == json.loads(self.answer)
        return answer == self.answer


def reply(name):
    return h2c.message(h2c.field(1, b"Hello " + name))


_WORLD = h2c.message(h2c.field(1, b"world"))
_BYTES_64K = bytes(range(256)) * 256
_ECHO = h2c.message(h2c.field(1, _BYTES_64K))
# 17 bytes each: a prefix of 5, a protobuf field of 2 and a name of 10.
_HELLO_17 = h2c.message(h2c.field(1, b"0123456789"))

# Windows of h2load: 2^20-1 for a stream, 2^22-1 for a connection, where the direction matters.
_WINDOWS = ("-w", "20", "-W", "22")


def _web(name, title, path, body, answer, headers):
    """The same call over HTTP/2 and, one at a time on each connection, over HTTP/1.1."""
    call = {
        "path": path,
        "body": body,
        "answer": answer,
        "headers": tuple(headers.items()),
        "kinds": WEB_KINDS,
    }
    over_2, over_1 = f"{title}, HTTP/2", f"{title}, HTTP/1.1"
    return (
        Workload(name, over_2, connections=8, streams=32, **call),
        Workload(f"{name}-http1", over_1, connections=32, streams=1, http1=True, **call),
    )


WORKLOADS = (
    Workload(
        "unary",
        "unary, a name of 5 bytes",
        "/bench.Greeter/SayHello",
        _WORLD,
        reply(b"world"),
        connections=8,
        streams=32,
    ),
    Workload(
        "stream",
        "server streaming, 1,000 messages of 18 bytes a call",
        "/bench.Greeter/SayHelloMany",
        h2c.message(h2c.field(1, b"world") + h2c.field(2, 1_000)),
        reply(b"world") * 1_000,
        messages=1_000,
        connections=8,
        streams=32,
    ),
    Workload(
        "echo",
        "echo of 64 KiB",
        "/bench.Greeter/Echo",
        _ECHO,
        _ECHO,
        connections=4,
        streams=4,
        h2load_flags=_WINDOWS,
    ),
    Workload(
        "receive",
        "client streaming, 10,000 messages of 17 bytes a call, in DATA frames of 16 KiB",
        "/bench.Greeter/CountHellos",
        _HELLO_17 * 10_000,
        h2c.message(h2c.field(1, 10_000)),
        messages=10_000,
        connections=4,
        streams=4,
        h2load_flags=_WINDOWS,
    ),
    *_web(
        "connect",
        "unary, Connect with JSON",
        "/bench.Greeter/SayHello",
        b'{"name":"world"}',
        b'{"message":"Hello world"}',
        JSON,
    ),
    *_web(
        "rest",
        "unary, REST by GET, the name in the path",
        "/v1/hello/world",
        b"",
        b'{"message":"Hello world"}',
        {},
    ),
    *_web(
        "web",
        "unary, gRPC-Web",
        "/bench.Greeter/SayHello",
        _WORLD,
        reply(b"world"),
        GRPC_WEB,
    ),
)
