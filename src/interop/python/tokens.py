"""Callers with tokens of PyJWT, whose keys are published over HTTP: tokens.py COMMAND_OF_THE_SERVER..."""

import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import grpc
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from service_pb2 import Request
from service_pb2_grpc import ServiceStub

PATIENCE = 20  # seconds, of every call
REFRESH = 1  # seconds after which the server asks for keys again
ALGORITHMS = {"RS256": "RSAAlgorithm", "ES256": "ECAlgorithm"}
UNKNOWN = (grpc.StatusCode.UNAUTHENTICATED, "not authenticated")


class Signer:
    """Who makes tokens, and publishes the public halves of the keys by which they are signed."""

    def __init__(self):
        self.keys = {}
        self.up = True
        signer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = signer.published().encode()
                self.send_response(200 if signer.up else 503)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/keys"

    def published(self):
        keys = []
        for kid, (algorithm, key) in list(self.keys.items()):
            to_jwk = getattr(jwt.algorithms, ALGORITHMS[algorithm]).to_jwk
            keys.append({**json.loads(to_jwk(key.public_key())), "kid": kid, "alg": algorithm})
        return json.dumps({"keys": keys})

    def add(self, kid, algorithm="RS256"):
        is_rsa = algorithm == "RS256"
        key = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if is_rsa
            else ec.generate_private_key(ec.SECP256R1())
        )
        self.keys[kid] = (algorithm, key)

    def token(self, kid, **claims):
        algorithm, key = self.keys[kid]
        return signed(key, algorithm, kid, **claims)


def signed(key, algorithm, kid, **claims):
    usual = {"sub": "ada", "iss": "https://issuer", "aud": "shop", "roles": ["staff"]}
    usual["exp"] = int(time.time()) + 600
    given = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(given, key, algorithm=algorithm, headers={"kid": kid})


def start(signer, folder, command):
    policy = folder / "policy.yaml"
    policy.write_text(
        "authenticate:\n  jwt:\n    keys:\n"
        f"      jwksUrl: {signer.url}\n      jwksRefresh: {REFRESH}s\n"
        "    issuer: https://issuer\n    audience: shop\n    leeway: 0s\n"
        "rules:\n- allow Service/Process to role:staff\n"
    )
    command = [*command, "--host", "127.0.0.1", "--port", "0", "--policy", str(policy)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    return server, re.search(r"http://(127\.0\.0\.1:\d+)", line).group(1)


class Caller:
    """Calls with whatever token it is given."""

    def __init__(self, address):
        self.stub = ServiceStub(grpc.insecure_channel(address))

    def call(self, *tokens):
        metadata = [("authorization", f"Bearer {token}") for token in tokens]
        try:
            return self.stub.Process(Request(text="hola"), metadata=metadata, timeout=PATIENCE).text
        except grpc.RpcError as error:
            return error.code(), error.details()


def equal(actual, expected):
    assert actual == expected, f"got {actual!r:.200}, expected {expected!r:.200}"


def good_tokens(signer, caller):
    for kid in ("one", "curve"):
        equal(caller.call(signer.token(kid)), "hola")
    equal(caller.call(signer.token("one", aud=["bank", "shop"], roles="guest staff")), "hola")


def bad_tokens(signer, caller):
    now = int(time.time())
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = signer.token("one")
    bad = [
        (),
        ("",),
        ("a.b.c",),
        (good[:-8],),
        (good, good),
        (signer.token("one", exp=now - 5),),
        (signer.token("one", exp=None),),
        (signer.token("one", nbf=now + 300),),
        (signer.token("one", iss="https://elsewhere"),),
        (signer.token("one", aud="bank"),),
        (signed(stranger, "RS256", "one"),),
        (signed(stranger, "RS256", "unknown"),),
        (signed("", "none", "one"),),
        (signed("0123456789abcdef0123456789abcdef", "HS256", "one"),),
    ]
    for tokens in bad:
        equal(caller.call(*tokens), UNKNOWN)
    denied = (grpc.StatusCode.PERMISSION_DENIED, "not allowed")
    equal(caller.call(signer.token("one", roles=["guest"])), denied)


def rotation(signer, caller):
    """Keys come and go while calls are made, each with a token of the newest key."""
    answers, newest, over = {}, ["one"], threading.Event()

    def load():
        while not over.is_set():
            answer = caller.call(signer.token(newest[0]))
            answers[answer] = answers.get(answer, 0) + 1

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3):
        kid = f"rotated-{number}"
        signer.add(kid)
        # Published a while before it is used, and the one before a while after, as signers do.
        time.sleep(1.5 * REFRESH)
        newest[0] = kid
        time.sleep(1.5 * REFRESH)
    over.set()
    for thread in threads:
        thread.join()
    equal(list(answers), ["hola"])
    old = signer.token("one")
    del signer.keys["one"]
    deadline = time.monotonic() + PATIENCE
    while caller.call(old) != UNKNOWN and time.monotonic() < deadline:
        time.sleep(0.1)
    equal(caller.call(old), UNKNOWN)
    print(f"{answers['hola']} calls", file=sys.stderr)


def signer_down(signer, caller):
    signer.up = False
    time.sleep(2 * REFRESH)
    equal(caller.call(signer.token("curve")), "hola")


CHECKS = {
    "tokens of RSA and of a curve": good_tokens,
    "tokens that prove nothing": bad_tokens,
    "rotation of keys under load": rotation,
    "keys go on while the signer is down": signer_down,
}


def main():
    signer = Signer()
    signer.add("one")
    signer.add("curve", "ES256")
    with tempfile.TemporaryDirectory() as folder:
        server, address = start(signer, Path(folder), sys.argv[1:])
        try:
            caller = Caller(address)
            for name, check in CHECKS.items():
                try:
                    check(signer, caller)
                    print(f"passed\t{name}", flush=True)
                except Exception as error:
                    line = traceback.extract_tb(error.__traceback__)[1].lineno
                    reason = " ".join(str(error).split())
                    print(f"failed\t{name}\ttokens.py:{line} {reason}", flush=True)
        finally:
            server.terminate()
            server.wait(60)
    print("end")


main()
