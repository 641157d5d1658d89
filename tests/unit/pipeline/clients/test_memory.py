"""Whatever is answered, a process that calls holds little more than when it is idle. Measured in one of its own."""

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.clients.body import MOST_BYTES, MOST_VALUES
from tests.chaos.scales import ALLOCATOR
from tests.unit.pipeline.clients.conftest import Serve
from tests.unit.pipeline.clients.wire import ok, reply

MIB = 1 << 20
MOST_MIB = 64  # above idle
HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\n{}\r\n"
CALLS = """
import re, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pipeline.clients.heartbeat import Heartbeat
from pipeline.clients.http import Http
from pipeline.core.errors import LaikeError
from pipeline.outgoing import log_plainly

def kib(name):
    return int(re.search(name + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

def call(url):
    try:
        if url.endswith("ping"):
            Heartbeat(url).ping("ok", good=True)
        else:
            Http("service", url).call("GET", "/a", timeout_s=0.5 if url.endswith("late") else 20)
    except LaikeError as error:
        return type(error).__name__
    return "taken"

log_plainly(50)
idle, *hostile = sys.argv[1:]
call(idle)
before = kib("VmRSS")
for url in hostile:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is that of these calls
    with ThreadPoolExecutor(16) as pool:
        said = set(pool.map(call, [url] * (16 if url.endswith("often") else 1)))
    print(*said, (kib("VmHWM") - before) // 1024)
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are told by Linux alone")


def head(*lines: str) -> bytes:
    return HEAD.format("".join(f"{line}\r\n" for line in lines)).encode()


def redirect(*lines: str) -> bytes:
    return head("Location: /elsewhere", *lines).replace(b"200 OK", b"302 Found")


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


BOMB = gzip.compress(bytes(64 * MIB))  # 64 KiB, of which 16 are one file
EMPTY = gzip.compress(b"") * 1000
ENDLESS = 1 << 14  # pieces, which nobody takes to the end
HOSTILE: dict[str, tuple[str, Sequence[bytes]]] = {
    "a packed body of 1 MB that is 1 GB": ("BadResponse", [head("Content-Encoding: gzip"), *[BOMB] * 16]),
    "a bomb packed twice": (
        "BadResponse", [reply(200, gzip.compress(BOMB), {"Content-Encoding": "gzip, gzip"})],
    ),
    "a body of 1 GB": ("BadResponse", [head(f"Content-Length: {1 << 30}"), *[b"0" * MIB] * 1024]),
    "a body without end": ("BadResponse", [head("Transfer-Encoding: chunked"), *[chunk(b"0" * MIB)] * ENDLESS]),
    "nothing, packed without end": ("TransportTrouble", [head("Content-Encoding: gzip"), *[EMPTY] * ENDLESS]),
    "headers without end": ("TransportTrouble", [b"HTTP/1.1 200 OK\r\n", *[b"X: %s\r\n" % (b"x" * 60_000)] * ENDLESS]),
    "going on without end": ("TransportTrouble", [b"HTTP/1.1 100 Continue\r\n\r\n" * 1000] * ENDLESS),
    "200,000 levels": ("BadResponse", [reply(200, b"[" * 200_000)]),
    "levels up to the bound": ("BadResponse", [reply(200, b"[" * MOST_BYTES)]),
    "one value too many": ("BadResponse", [reply(200, b"[%s]" % b",".join([b"1"] * MOST_VALUES))]),
    "texts up to the bound": ("BadResponse", [reply(200, b"[%s]" % b",".join([b'""'] * (MOST_BYTES // 3 - 1)))]),
    "a redirect with a packed gigabyte": (
        "BadResponse", [redirect("Content-Encoding: gzip"), *[BOMB] * 16],
    ),
    "a redirect with a gigabyte": ("BadResponse", [redirect(f"Content-Length: {1 << 30}"), *[b"0" * MIB] * 1024]),
    "a gateway's gigabyte": ("ServerTrouble", [head().replace(b"200", b"502"), *[b"0" * MIB] * 1024]),
}  # fmt: skip
HOSTILE_TO_PINGS = {"a monitor's gigabyte": ("BadResponse", [head(), *[b"0" * MIB] * 1024])}
# the most that is taken
TAKEN = {
    "a text of 16 MiB": b'{"code": 0, "data": "%s"}' % (b"x" * (MOST_BYTES - 30)),
    "values up to the bound": json.dumps({"data": {str(n): n for n in range(MOST_VALUES - 2)}}).encode(),
}


def peaks(
    serve: Serve, answers: Mapping[str, tuple[str, Sequence[bytes]]], path: str = ""
) -> dict[str, tuple[str, int]]:
    """What came of each call, and the most that it held above idle, in MiB."""
    paths = (path or ("/late" if kind == "TransportTrouble" else "") for kind, _ in answers.values())
    urls = [
        serve(ok()).url,
        *(serve(*pieces).url + path for (_, pieces), path in zip(answers.values(), paths, strict=True)),
    ]
    done = subprocess.run(
        [sys.executable, "-c", CALLS, *urls],
        check=True,
        capture_output=True,
        text=True,
        env=ALLOCATOR | {"NO_PROXY": "127.0.0.1"},
    )
    lines = (line.split() for line in done.stdout.splitlines())
    return dict(zip(answers, ((said, int(mib)) for said, mib in lines), strict=True))


def test_no_answer_takes_more_than_64_mib_above_idle(serve: Serve) -> None:
    found = peaks(serve, HOSTILE) | peaks(serve, HOSTILE_TO_PINGS, "/ping")
    expected = HOSTILE | HOSTILE_TO_PINGS
    assert {name: said for name, (said, _) in found.items()} == {name: said for name, (said, _) in expected.items()}
    assert {name: mib for name, (_, mib) in found.items() if mib > MOST_MIB} == {}


@pytest.mark.parametrize("name", ["a packed body of 1 MB that is 1 GB", "a body of 1 GB", "200,000 levels"])
def test_nor_do_the_answers_to_many_calls_at_the_same_time(serve: Serve, name: str) -> None:
    ((said, mib),) = peaks(serve, {name: HOSTILE[name]}, "/often").values()
    assert said == HOSTILE[name][0]
    assert mib <= MOST_MIB


def test_nor_does_the_largest_that_is_taken(serve: Serve) -> None:
    found = peaks(serve, {name: ("taken", [reply(200, body)]) for name, body in TAKEN.items()})
    assert {said for said, _ in found.values()} == {"taken"}
    assert {name: mib for name, (_, mib) in found.items() if mib > MOST_MIB} == {}
