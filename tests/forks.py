"""Processes of the product that begin as forks of one that has imported their modules: imports are most of a start.

`python -m tests.forks FD` is that one: it forks whenever its socket FD asks for it, and ends when that closes. A fork
gets the environment, folder and streams of a process of its own, and runs its module as `python -m` does.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import console.pages
import pipeline
from tests import people

# What the product imports of others. Of ours all that neither reads settings nor makes a console when it is imported.
OTHERS = (
    "celery.apps.beat", "celery.apps.worker", "celery.backends.redis", "celery.concurrency.thread",
    "celery.worker.components", "celery.worker.consumer", "kombu.transport.redis", "openpyxl", "rich.progress",
    "rich.table", "rich.tree", "starlette.applications", "typer", "uvicorn.protocols.http.h11_impl",
)  # fmt: skip
AT_START = ("PYTHON", "LC_", "LANG", "MALLOC_")  # variables that an interpreter reads when it starts
REQUEST_MAX = 1 << 20
Popen = subprocess.Popen[bytes]
_asking = threading.Lock()


class Fork:
    """A fork that runs `MODULE ARGUMENT …`, with what tests use of `subprocess.Popen`."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], cwd: Path, *streams: IO[Any]) -> None:
        self._report, theirs = _socket_pair()
        request = json.dumps({"words": words, "env": dict(env), "cwd": str(cwd)}).encode()
        with theirs, _asking:
            socket.send_fds(_parent(), [request], [*(stream.fileno() for stream in streams), theirs.fileno()])
        self.pid = int(self._report.recv(100))
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, when it has ended.

        Raises:
            TimeoutExpired: It still runs.
        """
        if self.returncode is None:
            self._report.settimeout(timeout)
            try:
                self.returncode = int(self._report.recv(100))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._report.close()
        return self.returncode

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, which: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9."""
        self.send_signal(signal.SIGKILL)


def begin(command: Sequence[str], env: Mapping[str, str], cwd: Path, out: IO[Any], err: IO[Any]) -> Fork | Popen:
    """Begin a command: as a fork, if it is `PYTHON -m MODULE ARGUMENT …` and starts as this process did."""
    if tuple(command[:2]) == (sys.executable, "-m") and _of_a_start(env) == _of_a_start(os.environ):
        return Fork(command[2:], env, cwd, out, err)
    return subprocess.Popen(command, env=env, cwd=cwd, stdout=out, stderr=err)


def run(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, as `subprocess.run` that captures output does.

    Raises:
        TimeoutExpired: It was killed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        process = begin(command, env, cwd, out, err)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
            process.wait()
        for said in (out, err):
            said.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), err.read())


def _of_a_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(AT_START) and name != "PYTHONPATH"}


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(type=socket.SOCK_SEQPACKET)


@functools.cache
def _parent() -> socket.socket:
    """The socket of the process that forks."""
    ours, theirs = _socket_pair()
    with theirs:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
        command = [sys.executable, "-m", "tests.forks", str(theirs.fileno())]
        env, silence = {**clean, "PYTHONPATH": str(Path.cwd())}, subprocess.DEVNULL
        process = subprocess.Popen(command, env=env, stdin=silence, pass_fds=[theirs.fileno()])

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _warm() -> None:
    packages = ((pipeline, "pipeline."), (console.pages, "console.pages."))
    ours = (module.name for one, prefix in packages for module in pkgutil.walk_packages(one.__path__, prefix))
    for module in (*OTHERS, *ours):
        importlib.import_module(module)
    people.logins()
    gc.collect()
    gc.freeze()


def _serve(asked: socket.socket) -> list[str]:
    """Fork whenever it is asked for; the words of a fork, there."""
    while True:
        request, streams, _, _ = socket.recv_fds(asked, REQUEST_MAX, 3)
        if not request:
            os._exit(0)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # those that have told how theirs ended
                continue
        if os.fork() == 0:
            asked.close()
            return _begun(json.loads(request), *streams)
        for stream in streams:
            os.close(stream)


def _begun(request: dict[str, Any], out: int, err: int, report: int) -> list[str]:
    """Fork once more, into who tells how it ends and who runs the module; its words."""
    if pid := os.fork():
        os.close(out)
        os.close(err)
        os.write(report, str(pid).encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(BrokenPipeError):  # nobody wants to know
            os.write(report, str(code).encode())
        os._exit(0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for stream in (out, err, report):
        os.close(stream)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    words: list[str] = request["words"]
    return words


def main() -> None:
    """Serve; in a fork run its module."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    _warm()
    sys.argv = _serve(asked)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
