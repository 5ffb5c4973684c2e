"""grpcio as a server for our client: server.py CERTIFICATE KEY; prints its ports."""

import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from helloworld import greeter_pb2_grpc
from helloworld.greeter_pb2 import HelloReply
from service_pb2 import Response
from service_pb2_grpc import ServiceServicer, add_ServiceServicer_to_server

from relay import Relay

HELLO = ["Hello", "Hola", "Bonjour", "Hallo", "Ciao"]


class Greeter(greeter_pb2_grpc.GreeterServicer):
    def SayHello(self, request, context):
        if request.name == "wait":
            ended = threading.Event()
            context.add_callback(ended.set)
            ended.wait()
        if request.name == "fail":
            context.abort_with_status(rpc_status.to_status(refusal()))
        echo = [
            (key, value)
            for key, value in context.invocation_metadata()
            if key in ("x-text", "x-bytes-bin")
        ]
        context.send_initial_metadata(echo)
        millis = int(context.time_remaining() * 1000)
        context.set_trailing_metadata([*echo, ("x-deadline-ms", str(millis))])
        return HelloReply(message=f"Hello {request.name}")

    def SayHelloInManyLanguages(self, request, context):
        for hello in HELLO:
            yield HelloReply(message=f"{hello} {request.name}")

    def SayHelloToAll(self, requests, context):
        names = " and ".join(request.name for request in requests)
        return HelloReply(message=f"Hello {names}")

    def Chat(self, requests, context):
        for request in requests:
            yield HelloReply(message=f"Hello {request.name}")


class Service(ServiceServicer):
    """Gives back the text, or the number of bytes that callers have got through the relay."""

    def __init__(self):
        self.relay = None

    def Process(self, request, context):
        text = str(self.relay.received) if request.text == "relayed" else request.text
        return Response(text=text)


def refusal():
    violation = error_details_pb2.BadRequest.FieldViolation(
        field="name", description="refused: fail"
    )
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    return status_pb2.Status(
        code=code_pb2.INVALID_ARGUMENT, message="name: 100 % ungültig, 不行", details=[detail]
    )


def main(certificate_file, key_file):
    # Compresses whatever its callers accept.
    server = grpc.server(futures.ThreadPoolExecutor(), compression=grpc.Compression.Gzip)
    service = Service()
    add_ServiceServicer_to_server(service, server)
    greeter_pb2_grpc.add_GreeterServicer_to_server(Greeter(), server)
    states = health.HealthServicer()
    states.set("helloworld.Greeter", health_pb2.HealthCheckResponse.SERVING)
    states.set("asleep", health_pb2.HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    names = ["Service", "helloworld.Greeter", reflection.SERVICE_NAME]
    reflection.enable_server_reflection(names, server)
    with open(certificate_file, "rb") as certificate, open(key_file, "rb") as key:
        pair = (key.read(), certificate.read())
    port = server.add_insecure_port("127.0.0.1:0")
    tls_port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    service.relay = Relay(port)
    server.start()
    print(f"ports {port} {tls_port} {service.relay.port}", flush=True)
    server.wait_for_termination()


main(*sys.argv[1:])
