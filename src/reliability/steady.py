"""A steady load on servers, and how its calls ended: what `restart` and `rotation` share."""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "bench"))

import servers  # noqa: E402

OURS = "helloworld.Greeter/SayHello"
OTHERS = "bench.Greeter/SayHello"


def command_of(kind, java):
    """What starts a server, its port left out, and the method that it serves."""
    if kind == "ours":
        return [str(servers.ROOT / "bin" / "grpc_server"), "--port"], OURS
    return [java, "-cp", servers.LIBRARIES, "dev.grpcbackend.bench.Main", kind], OTHERS


class Server:
    """A server process on a port that stays its own over its restarts."""

    def __init__(self, command, method):
        self.command, self.method = command, method
        self.port = servers.free_port()
        self.start()

    def start(self):
        # Where nobody reads what it says, a server would wait for that once the pipe is full.
        self.process = subprocess.Popen(
            [*self.command, str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        body = servers.h2c.message(servers.h2c.field(1, b"world"))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                servers.h2c.call(self.port, "/" + self.method, body, timeout=10)
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        raise servers.BenchError(f"{self.command[0]} does not answer on port {self.port}")

    def stop(self, signal_number):
        self.process.send_signal(signal_number)
        self.process.wait(60)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Load:
    """grpc-java's client at a steady rate, until `end`."""

    def __init__(self, java, method, rate, ports, calls_of_channel=0, tls=False):
        arguments = [method, str(rate), str(calls_of_channel), "tls" if tls else "plain"]
        self.process = subprocess.Popen(
            [java, "-Xmx512m", "-cp", servers.LIBRARIES, "dev.grpcbackend.bench.Steady"]
            + arguments
            + [str(port) for port in ports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The client logs what becomes of connections; what becomes of calls is what counts.
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def end(self):
        """Returns the calls by status, the first message of each failure, and the certificates."""
        output, _ = self.process.communicate(timeout=60)
        if self.process.returncode != 0:
            raise servers.BenchError(f"the load ended with {self.process.returncode}")
        statuses, messages, certificates = {}, {}, 0
        for line in output.splitlines():
            name, first, *rest = line.split(" ", 2)
            if name == "status":
                statuses[first] = int(rest[0])
            elif name == "message":
                messages[first] = " ".join(rest)
            elif name == "certificates":
                certificates = int(first)
        return statuses, messages, certificates

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def progress(text):
    """Shows where we are, where somebody looks; an empty text takes it away."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def verdict(name, statuses, messages):
    """Prints one line of the outcome and returns how many calls failed."""
    total = sum(statuses.values())
    failed = total - statuses.get("OK", 0)
    print(f"{name}: {total:,} calls, {failed:,} failed", flush=True)
    for code, text in messages.items():
        print(f"  {statuses[code]:,} x {code}, the first: {text}", flush=True)
    return failed
