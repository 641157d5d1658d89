"""Who is compared: the floor, the serial script, Celery alone, dlt, and the product on Celery and without."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import psutil
import requests

from bench import floor, serial
from bench.environments import program_of, python_of
from bench.weigh import SAMPLE_S
from bench.workers import SEVEN, Told, sync, workers
from bench.world import BenchError, Job, World
from lab.guard import guarded_process
from pipeline.core.model import DayRange
from pipeline.core.outcome import RunState

PATIENCE_S, READY_S = 300.0, 60.0
READY = b" ready."
FLOOR, SERIAL, CELERY, DLT = "floor", "serial script", "Celery alone", "dlt"
DLT_CHECKED = "dlt, code checked"
OURS, LOCAL = "laike on Celery", "laike --local"
SUCCESS = "success"
SAID_CHARS = 90
LONG_ID = re.compile(r"\b\d{10,}(?:\.\d+)?\b|\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b")


@dataclass(frozen=True, slots=True)
class Ran:
    """A contender's run in its own words: seconds since the epoch, its exit code, memory in bytes of its process."""

    sent: float
    ended: float
    exit_code: int
    said: str  # "success", or what it said instead
    verified: float | None = None  # when it had read the rows back; `None`: it does not
    memory: int = 0  # 0: it ran within the bench


def bare(run: Callable[[Job], None], *, reads_back: bool) -> Callable[[World, DayRange], Ran]:
    """A contender that runs within the bench; its first error is its end."""

    def ran(made: World, fresh: DayRange) -> Ran:
        job, sent, said = made.job(fresh), time.time(), SUCCESS
        try:
            run(job)
        except (BenchError, aiohttp.ClientError, requests.RequestException) as error:
            said = f"error: {type(error).__name__}: {error}"
        ended, well = time.time(), said == SUCCESS
        return Ran(sent, ended, int(not well), words(said), ended if well and reads_back else None)

    return ran


def celery_alone(made: World, fresh: DayRange) -> Ran:
    """A worker that is ready, and the program that sends the chord and waits for its result."""
    given = {"FACTS": str(_facts(made, fresh)), "PYTHONPATH": str(program_of("celery").parent)}
    python, log = python_of("celery"), made.home / "celery-alone.log"
    how = ("--loglevel", "INFO", "--pool", "threads", "--concurrency", "20")
    command = [str(python), "-m", "celery", "--app", "celery_peer", "worker", *how]
    log.unlink(missing_ok=True)  # of an earlier one
    with guarded_process(command, environment=given, log=log, cwd=made.home) as guard:
        _wait_until_ready(guard, log)
        (worker,) = psutil.Process(guard.pid).children()
        ran = _program([str(python), str(program_of("celery"))], given, made.home)
        return Ran(ran.sent, ran.ended, ran.exit_code, ran.said, memory=_peak(worker.pid))


def with_dlt(made: World, fresh: DayRange, *, check_code: bool = False) -> Ran:
    """A pipeline from its start to its end; its folder stays for the next one of this world."""
    given = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(made.home / "dlt")}
    facts = str(_facts(made, fresh, check_code=check_code))
    return _program([str(python_of("dlt")), str(program_of("dlt")), facts], given, made.home)


def on_celery(made: World, fresh: DayRange) -> Ran:
    """The product's daily run on a worker that is ready."""
    with workers(made, fresh.last, at=SEVEN) as team:
        told = team.daily_to_any_end()
    return _told(told, int(told.summary.state != RunState.SUCCESS))


def on_celery_again(made: World, fresh: DayRange) -> Ran:
    """`laike sync` with a worker that is ready: what a person types, since beat's message would find the run ended."""
    with workers(made, fresh.last, at=SEVEN):
        told = sync(made, fresh.last)
    return _told(told, told.exit_code)


def without_celery(made: World, fresh: DayRange) -> Ran:
    """`laike sync --local` from its start to its end."""
    told = sync(made, fresh.last, "--local")
    return _told(told, told.exit_code)


CONTENDERS: Mapping[str, Callable[[World, DayRange], Ran]] = {
    FLOOR: bare(floor.run, reads_back=True),
    SERIAL: bare(serial.run, reads_back=False),
    CELERY: celery_alone,
    DLT: with_dlt,
    DLT_CHECKED: partial(with_dlt, check_code=True),
    OURS: on_celery,
    LOCAL: without_celery,
}
ONCE_MORE: Mapping[str, Callable[[World, DayRange], Ran]] = {**CONTENDERS, OURS: on_celery_again}


def words(said: str) -> str:
    """The first words of a contender, without what differs from run to run."""
    line = LONG_ID.sub("…", said).replace("|", "/").replace("`", "'")
    return line if len(line) <= SAID_CHARS else line[:SAID_CHARS].rstrip() + " …"


def _told(told: Told, exit_code: int) -> Ran:
    summary = told.summary
    wrong = [
        f"{one.name} ({one.trouble.code})" if one.trouble else one.name
        for one in summary.accounts
        if not one.state.good
    ]
    said = ": ".join([summary.state.value, *([", ".join(wrong)] if wrong else [])])
    verified = told.last.get("verified")
    return Ran(told.sent, told.back or told.last["finished"], exit_code, words(said), verified, told.weight.most)


def _program(command: list[str], given: Mapping[str, str], home: Path) -> Ran:
    """A program from its start to its end; the last line of its errors is what it said."""
    with (home / "program.out").open("wb") as out, (home / "program.err").open("w+b") as errors:
        sent = time.time()
        process = subprocess.Popen(  # noqa: S603 our own command
            command, stdout=out, stderr=errors, env={**os.environ, **given}, cwd=home
        )
        memory = 0
        while process.poll() is None and time.time() < sent + PATIENCE_S:
            memory = max(memory, _peak(process.pid))
            time.sleep(SAMPLE_S)
        ended, exit_code = time.time(), process.poll()
        if exit_code is None:
            process.kill()
            process.wait()
            return Ran(sent, ended, 1, f"nothing within {PATIENCE_S:.0f} s", memory=memory)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    said = words(f"error: {error_of(lines)}") if exit_code else SUCCESS
    return Ran(sent, ended, exit_code, said, memory=memory)


def error_of(lines: list[str]) -> str:
    """The line of a trace that names the error that ended the program."""
    named = [line for line in lines if re.match(r"[\w.]+(?:Error|Exception|Failed|Retry|Refused)\w*\b", line)]
    return (named or lines or [""])[-1]


def _facts(made: World, fresh: DayRange, **more: object) -> Path:
    """Write the file of facts that a peer's program reads."""
    job = made.job(fresh)
    told = {
        **job.facts,
        "accounts": dict(job.accounts),
        "first": job.window.first.isoformat(),
        "last": job.window.last.isoformat(),
        "fresh_first": job.fresh.first.isoformat(),
        "rate": job.rate,
        "redis": made.redis_url,
        "home": str(made.home),
        **more,
    }
    file = made.home / "facts.json"
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return file


def _wait_until_ready(guard: "subprocess.Popen[str]", log: Path) -> None:
    end = time.time() + READY_S
    while READY not in log.read_bytes():
        if guard.poll() is not None or time.time() > end:
            msg = f"the peer's worker did not get ready: {log.read_text(encoding='utf-8')[-2000:]}"
            raise BenchError(msg)
        time.sleep(SAMPLE_S)


def _peak(pid: int) -> int:
    """The most memory that a process has held so far, in bytes."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:  # it has ended, or this is no Linux
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
