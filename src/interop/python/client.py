"""grpcio as a client of our server: client.py PORT TLS_PORT CA_FILE"""

import queue
import sys
import traceback

import grpc
from google.protobuf import descriptor_database, descriptor_pb2, descriptor_pool
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import proto_reflection_descriptor_database
from grpc_status import rpc_status
from helloworld import greeter_pb2_grpc
from helloworld.greeter_pb2 import HelloRequest
from interop import probe_pb2_grpc
from reflection.v1 import reflection_pb2, reflection_pb2_grpc
from service_pb2 import Request
from service_pb2_grpc import ServiceStub

from relay import Relay

PATIENCE = 20  # seconds, of every call that is not about deadlines
GREETINGS = ["Hello Ada", "Hola Ada", "Bonjour Ada", "Hallo Ada", "Ciao Ada"]
METHODS = ["SayHello", "SayHelloInManyLanguages", "SayHelloToAll", "Chat"]
LIMITS = [("grpc.max_receive_message_length", 8 << 20), ("grpc.enable_retries", 0)]

PORT, TLS_PORT, CA_FILE = sys.argv[1:]


def plaintext(port, **options):
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=LIMITS, **options)


CHANNEL = plaintext(PORT)
GREETER = greeter_pb2_grpc.GreeterStub(CHANNEL)
PROBE = probe_pb2_grpc.ProbeStub(CHANNEL)
SERVICE = ServiceStub(CHANNEL)


def equal(actual, expected):
    assert actual == expected, f"got {actual!r:.200}, expected {expected!r:.200}"


def failure(call, *args, **options):
    """Returns the error that a call ends with."""
    try:
        result = call(*args, **options)
        if hasattr(result, "__iter__"):
            result = list(result)
    except grpc.RpcError as error:
        return error
    raise AssertionError(f"got {result!r:.200}, expected an error")


def process(text, service=SERVICE):
    return service.Process(Request(text=text), timeout=PATIENCE).text


def tutorial():
    equal(process("hola"), "hola")
    equal(process(""), "")
    equal(process("不行"), "不行")


def four_shapes():
    ada = HelloRequest(name="Ada")
    equal(GREETER.SayHello(ada, timeout=PATIENCE).message, "Hello Ada")
    many = GREETER.SayHelloInManyLanguages(ada, timeout=PATIENCE)
    equal([reply.message for reply in many], GREETINGS)
    names = (HelloRequest(name=name) for name in ["Ada", "Bo", "Cy"])
    equal(GREETER.SayHelloToAll(names, timeout=PATIENCE).message, "Hello Ada, Bo and Cy")

    names = queue.SimpleQueue()
    chat = GREETER.Chat(iter(names.get, None), timeout=PATIENCE)
    for name in ["Ada", "Bo", "Cy"]:
        names.put(HelloRequest(name=name))
        # The answer comes while the request stream is open.
        equal(next(chat).message, f"Hello {name}")
    names.put(None)
    equal(list(chat), [])


def metadata():
    sent = [
        ("x-text", "one"),
        ("x-text", "two, three"),
        ("x-bytes-bin", bytes([0, 1, 254, 255])),
        ("x-bytes-bin", b""),
        ("x-bytes-bin", b"abc"),
    ]
    reply, call = PROBE.Echo.with_call(HelloRequest(), metadata=sent, timeout=PATIENCE)
    equal(reply.message, "plain")
    for received in [call.initial_metadata(), call.trailing_metadata()]:
        echoed = [(key, value) for key, value in received if key in ("x-text", "x-bytes-bin")]
        equal(sorted(echoed, key=lambda entry: entry[0] != "x-text"), sent)


def errors():
    error = failure(PROBE.Fail, HelloRequest(name="Ada"), timeout=PATIENCE)
    equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
    equal(error.details(), "name: 100 % ungültig, 不行")
    # Fails unless code and message are those of the plain status.
    status = rpc_status.from_call(error)
    details = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(details), f"got {status.details}, expected a BadRequest"
    violation = details.field_violations[0]
    equal((violation.field, violation.description), ("name", "refused: Ada"))
    unknown = failure(PROBE.Missing, HelloRequest(), timeout=PATIENCE)
    equal(unknown.code(), grpc.StatusCode.UNIMPLEMENTED)


def deadline():
    waiting = HelloRequest(name="python deadline")
    error = failure(PROBE.Wait, waiting, timeout=0.3)
    equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    end = PROBE.Ended(waiting, timeout=PATIENCE).message
    assert end in ("DEADLINE_EXCEEDED", "CANCELLED"), f"got {end}, expected DEADLINE_EXCEEDED"
    _, call = PROBE.Echo.with_call(HelloRequest(), timeout=15)
    millis = int(dict(call.trailing_metadata())["x-deadline-ms"])
    # The server's own would be 30 s; the library rounds what it sends up to 100 ms.
    assert 0 < millis < 16_000, f"the server was told {millis} ms, expected 15000"


def cancellation():
    waiting = HelloRequest(name="python cancel")
    call = PROBE.Wait(waiting, timeout=PATIENCE)
    equal(next(call).message, "waiting")
    call.cancel()
    equal(call.code(), grpc.StatusCode.CANCELLED)
    equal(PROBE.Ended(waiting, timeout=PATIENCE).message, "CANCELLED")


def gzip():
    text = "gzip " * 200_000
    relay = Relay(int(PORT))
    with plaintext(relay.port, compression=grpc.Compression.Gzip) as channel:
        equal(process(text, ServiceStub(channel)), text)
        few = len(text) // 10
        assert relay.sent < few, f"{relay.sent} bytes sent, expected gzip"
        assert relay.received < few, f"{relay.received} bytes received, expected gzip"
        probe = probe_pb2_grpc.ProbeStub(channel)
        equal(probe.Echo(HelloRequest(name=text), timeout=PATIENCE).message, "compressed")


def large_messages():
    big = "x" * (3 << 20)
    equal(process(big), big)
    error = failure(process, "x" * (5 << 20))
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    equal(process("on"), "on")


def health():
    stub = health_pb2_grpc.HealthStub(CHANNEL)
    status = health_pb2.HealthCheckResponse

    def request(name):
        return health_pb2.HealthCheckRequest(service=name)

    for name in ["", "helloworld.Greeter", "interop.Probe"]:
        equal(stub.Check(request(name), timeout=PATIENCE).status, status.SERVING)
    unknown = failure(stub.Check, request("nobody"), timeout=PATIENCE)
    equal(unknown.code(), grpc.StatusCode.NOT_FOUND)
    for name, expected in [("Service", status.SERVING), ("nobody", status.SERVICE_UNKNOWN)]:
        watch = stub.Watch(request(name), timeout=PATIENCE)
        equal(next(watch).status, expected)
        watch.cancel()
        equal(watch.code(), grpc.StatusCode.CANCELLED)


def check_services(names):
    for name in ["Service", "helloworld.Greeter", "interop.Probe", "grpc.health.v1.Health"]:
        assert name in names, f"{name} is not among {names}"


def reflection_v1():
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="helloworld.Greeter"),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol="helloworld.Nobody"),
    ]
    stub = reflection_pb2_grpc.ServerReflectionStub(CHANNEL)
    listed, found, missing = stub.ServerReflectionInfo(iter(requests), timeout=PATIENCE)
    check_services([service.name for service in listed.list_services_response.service])
    # A database, as a pool takes no file before those it imports.
    files = descriptor_database.DescriptorDatabase()
    for file in found.file_descriptor_response.file_descriptor_proto:
        files.Add(descriptor_pb2.FileDescriptorProto.FromString(file))
    greeter = descriptor_pool.DescriptorPool(files).FindServiceByName("helloworld.Greeter")
    equal([method.name for method in greeter.methods], METHODS)
    equal(missing.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])


def reflection_v1alpha():
    """With the library's own client, which knows this version only."""
    database = proto_reflection_descriptor_database.ProtoReflectionDescriptorDatabase(CHANNEL)
    check_services(list(database.get_services()))
    greeter = descriptor_pool.DescriptorPool(database).FindServiceByName("helloworld.Greeter")
    equal([method.name for method in greeter.methods], METHODS)
    try:
        database.FindFileContainingSymbol("helloworld.Nobody")
    except KeyError:
        return
    raise AssertionError("helloworld.Nobody was found")


def tls():
    with open(CA_FILE, "rb") as file:
        trusted = grpc.ssl_channel_credentials(file.read())
    target = f"127.0.0.1:{TLS_PORT}"
    ada = HelloRequest(name="Ada")
    with grpc.secure_channel(target, trusted) as channel:
        secure = greeter_pb2_grpc.GreeterStub(channel)
        equal(secure.SayHello(ada, timeout=PATIENCE).message, "Hello Ada")
        many = secure.SayHelloInManyLanguages(ada, timeout=PATIENCE)
        equal([reply.message for reply in many], GREETINGS)
    with grpc.secure_channel(target, grpc.ssl_channel_credentials()) as channel:
        strict = greeter_pb2_grpc.GreeterStub(channel)
        error = failure(strict.SayHello, ada, timeout=PATIENCE)
        equal(error.code(), grpc.StatusCode.UNAVAILABLE)


CHECKS = {
    "the tutorial": tutorial,
    "four shapes": four_shapes,
    "metadata both ways": metadata,
    "errors with details": errors,
    "deadline": deadline,
    "cancellation": cancellation,
    "gzip both ways": gzip,
    "large messages": large_messages,
    "health": health,
    "reflection v1": reflection_v1,
    "reflection v1alpha": reflection_v1alpha,
    "TLS": tls,
}


def reason(error):
    line = next(
        frame.lineno
        for frame in reversed(traceback.extract_tb(error.__traceback__))
        if frame.filename == __file__ and frame.name not in ("equal", "failure", "process")
    )
    text = f"{error.code()} {error.details()}" if isinstance(error, grpc.RpcError) else str(error)
    return " ".join(f"client.py:{line} {text or type(error).__name__}".split())


def main():
    for name, check in CHECKS.items():
        try:
            check()
            print(f"passed\t{name}", flush=True)
        except Exception as error:
            print(f"failed\t{name}\t{reason(error)}", flush=True)
    print("end")


main()
