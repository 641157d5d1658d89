"""P8: the console's pages with 400 days of 1,000 accounts and 5,000 runs: milliseconds, bytes, memory."""

import contextlib
import http.client
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import psutil
import redis

from bench.result import MIB, Goal, Part, Table, mib
from bench.world import BenchError, Shape, World, world
from console.visit import MENU
from lab.guard import guarded_process
from lab.history import History
from lab.services import Page, wait_for
from pipeline.composition import build
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import scheduled_id
from pipeline.settings import Settings

ASKED = 30  # times, of each page
SLOWEST_MS, LARGEST_KB, MEMORY_MIB = 100, 100, 100
LOGIN = Page(user="bench")
TOKEN = "of-the-bench"  # noqa: S105 of a process that ends with the bench
ASSET = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Served:
    """One page: milliseconds of each answer, bytes of the last one, the console's CPU for one in milliseconds."""

    path: str
    took_ms: Sequence[float]
    size: int
    cpu_ms: float

    @property
    def p95_ms(self) -> float:
        """The time within which 95 of 100 answers are there."""
        return sorted(self.took_ms)[math.ceil(0.95 * len(self.took_ms)) - 1]


class Browser:
    """A session over one connection, as a browser holds it."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Accept-Encoding": "gzip"}  # as browsers send it; only styles and scripts are compressed

    def log_in(self, login: Page) -> None:
        """Log in by the form."""
        form = urlencode({"name": login.user, "password": login.password})
        self._http.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self._http.getresponse()
        answer.read()
        cookie = answer.headers["Set-Cookie"] or ""
        self._headers["Cookie"] = cookie.partition(";")[0]

    def get(self, path: str, **headers: str) -> bytes:
        """A page; an answer that is none does not count."""
        self._http.request("GET", path, headers=self._headers | headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            msg = f"{path} answers {answer.status}"
            raise BenchError(msg)
        return content


def measure(history: History, asked: int = ASKED) -> Part:
    """Measure every page, its size, and the console's memory."""
    with world(Shape(promotions=(1,), latency=0)) as made, _console(made, history) as (console, browser):
        served = [_served(console, browser, path, asked) for path in _pages(made)]
        scraped = _served(console, browser, "/metrics", asked, Authorization=f"Bearer {TOKEN}")
        first = _first_page(browser)
        memory = console.memory_info().rss
    slowest, largest = max(served, key=lambda one: one.p95_ms), max(served, key=lambda one: one.size)
    rows = [
        (one.path, f"{median(one.took_ms):.0f}", f"{one.p95_ms:.0f}", f"{one.cpu_ms:.0f}", f"{one.size / 1000:.0f}")
        for one in (*served, scraped)
    ]
    title = f"P8: the console with {history.accounts:,} accounts, {history.days} days, {history.runs:,} runs"
    note = f"Each page {asked} times. The first page with its styles and scripts: {first / 1000:.0f} KB."
    return Part(
        goals=[
            Goal("P8", f"the slowest page ({slowest.path}), p95", slowest.p95_ms, SLOWEST_MS, "ms"),
            Goal("P8", "a scrape of the metrics, p95", scraped.p95_ms, SLOWEST_MS, "ms"),
            Goal("P8", f"the largest page ({largest.path})", largest.size / 1000, LARGEST_KB, "KB"),
            Goal("P8", "the first page with its styles and scripts", first / 1000, LARGEST_KB, "KB"),
            Goal("P8", "memory of the console", memory / MIB, MEMORY_MIB, "MiB"),
        ],
        tables=[Table(title, ("", "median ms", "p95 ms", "CPU ms", "KB"), rows, f"{note} Memory: {mib(memory)} MiB.")],
    )


def _pages(made: World) -> list[str]:
    """Each page of the menu, and those behind them that show the most."""
    menu = ["/" if name == "today" else f"/{name}" for name, _ in MENU]
    days = [f"/coverage?days={days}" for days in (90, 400)]
    return [*menu, *days, f"/runs/{scheduled_id(RunKind.DAILY, made.newest)}", "/runs?page=100"]


def _served(console: psutil.Process, browser: Browser, path: str, asked: int, **headers: str) -> Served:
    took, size, before = [], 0, sum(console.cpu_times()[:2])
    for _ in range(asked):
        begun = time.perf_counter()
        size = len(browser.get(path, **headers))
        took.append((time.perf_counter() - begun) * 1000)
    return Served(path, took, size, (sum(console.cpu_times()[:2]) - before) / asked * 1000)


def _first_page(browser: Browser) -> int:
    """Bytes of the first page with all that it loads."""
    page = browser.get("/")
    assets = {found.replace("&amp;", "&") for found in ASSET.findall(page.decode())}
    return len(page) + sum(len(browser.get(asset)) for asset in assets)


@contextlib.contextmanager
def _console(made: World, history: History) -> Iterator[tuple[psutil.Process, Browser]]:
    """The console as a process on a world with this history, and a browser that is logged in."""
    environment = {name: value for name, value in made.environment.items() if name != "LAIKE_ACCOUNTS"}
    _seed(environment, history)
    environment |= {"LAIKE_CONSOLE_LOGIN": LOGIN.login, "LAIKE_METRICS_TOKEN": TOKEN}
    command = [sys.executable, "-m", "console", f"--port={LOGIN.port}"]
    home = made.home / "console"
    home.mkdir()
    given = {**environment, "PYTHONPATH": str(Path.cwd())}
    with guarded_process(command, None, given, log=home / "console.log", cwd=home) as guard:
        wait_for("the console", lambda: LOGIN.status("/healthz") == http.client.OK)
        browser = Browser(LOGIN.port)
        browser.log_in(LOGIN)
        (console,) = psutil.Process(guard.pid).children()
        yield console, browser


def _seed(environment: Mapping[str, str], history: History) -> None:
    given = {name.removeprefix("LAIKE_").lower(): value for name, value in environment.items() if "LAIKE_" in name}
    ctx = build(Settings(_env_file=None, **given))  # type: ignore[arg-type]
    with contextlib.suppress(redis.ResponseError):  # a borrowed one may forbid it
        ctx.client.config_set("appendfsync", "no")
    history.seed(ctx)
