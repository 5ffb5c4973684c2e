"""Load from the outside: h2load for HTTP/2, wrk for HTTP/1.1, on a core of their own."""

import re
import subprocess
from dataclasses import dataclass


class LoadError(Exception):
    """Not all calls were answered, or not as they should be."""


@dataclass(frozen=True)
class Load:
    """What was put on a server."""

    calls: int
    calls_per_second: float


def put(workload, port, calls, rate, core, folder, answer_bytes):
    """Makes about so many calls, which take a second for each `rate` of them."""
    if workload.http1:
        seconds = max(1, round(calls / rate)) if rate else 1
        return _wrk(workload, port, seconds, core, folder)
    return _h2load(workload, port, calls, core, folder, answer_bytes)


def _h2load(workload, port, calls, core, folder, answer_bytes):
    command = ["-n", str(calls), "-c", str(workload.connections), "-m", str(workload.streams)]
    command += workload.h2load_flags
    if workload.body:
        body = folder / f"{workload.name}.bin"
        body.write_bytes(workload.body)
        command += ["-d", str(body)]
    for name, value in workload.headers:
        command += ["-H", f"{name}: {value}"]
    output = _run("h2load", command, workload, port, core)
    rate = re.search(r"finished in .*, ([\d.]+) req/s", output)
    counts = re.search(r"(\d+) succeeded, \d+ failed, \d+ errored, \d+ timeout", output)
    data = re.search(r"\((\d+)\) data", output)
    if not (rate and counts and data):
        raise LoadError(f"h2load said {output!r}")
    expected = calls * answer_bytes
    if int(counts[1]) != calls or int(data[1]) != expected:
        raise LoadError(
            f"{counts[0]} with {data[1]} bytes of data"
            f" (expected: {calls} calls with {expected} bytes)"
        )
    return Load(calls, float(rate[1]))


def _wrk(workload, port, seconds, core, folder):
    script = folder / f"{workload.name}.lua"
    lines = [f'wrk.method = "{"POST" if workload.body else "GET"}"']
    if workload.body:
        lines += ['wrk.body = "' + "".join(f"\\{byte:03}" for byte in workload.body) + '"']
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in workload.headers]
    script.write_text("\n".join(lines))
    command = ["-t1", f"-c{workload.connections}", f"-d{seconds}s", "-s", str(script)]
    output = _run("wrk", command, workload, port, core)
    calls = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if not (calls and rate) or "Non-2xx" in output or "Socket errors" in output:
        raise LoadError(f"wrk said {output!r}")
    return Load(int(calls[1]), float(rate[1]))


def _run(tool, command, workload, port, core):
    url = f"http://127.0.0.1:{port}{workload.path}"
    command = ["taskset", "-c", str(core), tool, *command, url]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
