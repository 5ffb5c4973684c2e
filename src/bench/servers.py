"""The servers under test as processes, under load."""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import h2c
import load
from workloads import reply

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = HERE / "target"
FAT_JAR = ROOT / "target" / "vertx-grpc-backend-0.1.0-all.jar"
PLAIN_JAR = TARGET / "bench-0.1.0-plain.jar"
LIBRARIES = f"{TARGET / 'classes'}:{TARGET / 'lib'}/*"

# The same for every server. Serial, because there is one core.
JVM_FLAGS = ["-Xms512m", "-Xmx512m", "-XX:+UseSerialGC"]

# A server is warm when a round of load is no faster than this times the best before it.
STILL_FASTER = 1.05

MAVEN_FLAGS = ("-q", "-B", "-Dstyle.color=never")
WITHOUT_CHECKS = ("-DskipTests", "-Dspotless.check.skip", "-Dmaven.javadoc.skip")

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """The measurement cannot go on; the text says why."""


def build(force):
    """Builds what is missing: our fat jar, then the servers of the benchmark against it."""
    maven = str(ROOT / "mvnw") if (ROOT / "mvnw").exists() else "mvn"
    if force or not FAT_JAR.exists():
        _maven([maven, *MAVEN_FLAGS, *WITHOUT_CHECKS, "package"], ROOT)
    sources = [HERE / "pom.xml", FAT_JAR, *HERE.glob("java/**/*.java"), *HERE.glob("proto/*")]
    newest = max(path.stat().st_mtime for path in sources)
    if force or not PLAIN_JAR.exists() or PLAIN_JAR.stat().st_mtime < newest:
        _maven([maven, *MAVEN_FLAGS, "-f", str(HERE / "pom.xml"), "package"], HERE)
        os.utime(PLAIN_JAR)


def _maven(command, folder):
    print("building: " + " ".join(command), flush=True)
    if subprocess.run(command, cwd=folder, check=False).returncode != 0:
        raise BenchError("the build failed")


def cores():
    """The core of the server and the core of the load."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise BenchError(f"cores: {len(usable)} (expected: at least 2, one for the load)")
    return usable[0], usable[1]


class Server:
    """A server process on a core of its own, from its start to the end of a `with`."""

    def __init__(self, kind, java, extra_flags=()):
        self.kind = kind
        server_core, _ = cores()
        class_path = f"{TARGET / 'classes'}:{FAT_JAR}" if kind.startswith("ours") else LIBRARIES
        self.log = TARGET / f"{kind}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(server_core), java, *JVM_FLAGS, *extra_flags]
                + ["-cp", class_path, "dev.grpcbackend.bench.Main", kind],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.port = self._await_port()
        self.answer_bytes = 0
        self.rate = 0.0

    def _await_port(self):
        for line in self.process.stdout:
            ready = re.match(r"ready (\d+)$", line)
            if ready:
                return int(ready.group(1))
        status = self.process.wait()
        raise BenchError(f"{self.kind} ended with {status} before it listened, see {self.log}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def verify(self, workload):
        """One call by itself; its answer has to be right to the byte."""
        answer = workload.ask(self.port)
        if not workload.is_right(answer):
            raise BenchError(
                f"{self.kind}: {workload.name} answered {len(answer)} bytes,"
                f" {answer[:40]!r} (expected: {len(workload.answer)} bytes,"
                f" {workload.answer[:40]!r})"
            )
        self.answer_bytes = len(answer)

    def cpu_seconds(self):
        """User and system time of all threads since the start."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        after_name = stat[stat.rindex(")") + 2 :].split()
        return (int(after_name[11]) + int(after_name[12])) / TICKS_PER_SECOND

    def warm_up(self, workload, seconds):
        """Puts load on until the server has used so many CPU seconds; returns its calls per second.

        The compiler's threads may use both cores meanwhile, or they would be at it for minutes. It
        goes on while the server still gets faster, but not for more than ten times `seconds`.
        Rounds of whole calls: a load that is cut off in mid-call would leave the server with errors
        to report.
        """
        self.pin(cores())
        calls = workload.connections * workload.streams
        started, used_before = time.monotonic(), self.cpu_seconds()
        best = 0.0
        while True:
            before = time.monotonic()
            rate = self.load(workload, calls).calls_per_second
            now = time.monotonic()
            is_steady = best > 0 and rate < best * STILL_FASTER
            is_warm = self.cpu_seconds() - used_before >= seconds
            if (is_warm and is_steady) or now - started >= 10 * seconds:
                self.pin(cores()[:1])
                return rate
            best = max(best, rate)
            if now - before < min(1.0, seconds / 4):
                calls *= 2

    def pin(self, usable):
        """Lets all threads of the server run on these cores only."""
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                os.sched_setaffinity(int(thread.name), usable)
            except ProcessLookupError:
                pass  # It has ended meanwhile.

    def load(self, workload, calls):
        """Has about so many calls made, and checks that each was answered."""
        _, core = cores()
        try:
            made = load.put(
                workload, self.port, calls, self.rate, core, TARGET, self.answer_bytes
            )
        except load.LoadError as failure:
            raise BenchError(f"{self.kind}: {failure}") from None
        self.rate = made.calls_per_second
        return made


@dataclass(frozen=True)
class Sample:
    """One round of one server."""

    cpu_micros: float
    calls_per_second: float


def measure(kind, workload, java, warmup, seconds):
    """A new process: one call to verify, load to warm up, then the load that counts."""
    with Server(kind, java) as server:
        server.verify(workload)
        rate = server.warm_up(workload, warmup)
        # A count that every connection and stream takes an equal part of.
        unit = workload.connections * workload.streams
        calls = max(unit, int(rate * seconds) // unit * unit)
        before = server.cpu_seconds()
        made = server.load(workload, calls)
        used = server.cpu_seconds() - before
        return Sample(used / made.calls * 1e6, made.calls_per_second)


def median_sample(samples):
    return Sample(
        statistics.median(s.cpu_micros for s in samples),
        statistics.median(s.calls_per_second for s in samples),
    )


def starts(java, runs):
    """Milliseconds from a command to its first answered call, for each command, interleaved."""
    commands = _start_commands(java)
    times = {name: [] for name in commands}
    for _ in range(runs):
        for name, (command, path) in commands.items():
            times[name].append(_first_call(command, path))
    return times


def _start_commands(java):
    """The command of each server, its port left out, and the path that answers SayHello."""
    jar = ["-jar", str(PLAIN_JAR), "plain"]
    plain = [java, *jar]
    archive = TARGET / "plain.jsa"
    flags = [f"-XX:SharedArchiveFile={archive}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    tuned = [java, *flags, *jar]
    if not archive.exists() or archive.stat().st_mtime < PLAIN_JAR.stat().st_mtime:
        dump = [java, f"-XX:ArchiveClassesAtExit={archive}", "-XX:+UseSerialGC", *jar]
        _first_call(dump, "/bench.Greeter/SayHello", grace=60)
    commands = {
        "plain": (plain, "/bench.Greeter/SayHello"),
        "plain, archive and flags": (tuned, "/bench.Greeter/SayHello"),
    }
    ours = ROOT / "bin" / "grpc_server"
    if ours.exists():
        # Twice: what the first start prepares, the next ones have.
        command = [str(ours), "--port"]
        _first_call(command, "/helloworld.Greeter/SayHello", grace=60)
        commands = {"bin/grpc_server": (command, "/helloworld.Greeter/SayHello"), **commands}
    return commands


def _first_call(command, path, grace=10):
    port = free_port()
    body, answer = h2c.message(h2c.field(1, b"world")), reply(b"world")
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while time.perf_counter() - started < 120:
            try:
                if h2c.call(port, path, body, timeout=10) == answer:
                    return (time.perf_counter() - started) * 1_000
                raise BenchError(f"{command[0]}: wrong answer to the first call")
            except OSError:
                if process.poll() is not None:
                    raise BenchError(f"{' '.join(command)} ended with {process.returncode}")
                time.sleep(0.002)
        raise BenchError(f"{' '.join(command)} answered nothing for 120 s")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def require_tools():
    missing = [tool for tool in ("h2load", "wrk", "taskset") if not shutil.which(tool)]
    if missing:
        raise BenchError(f"missing: {', '.join(missing)} (Debian: nghttp2-client, wrk, util-linux)")
