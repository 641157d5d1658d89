"""The world of a profile: an emulator with the latencies of its shape, a Redis, some accounts."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import redis
from cryptography.fernet import Fernet

from lab import processes
from pipeline.core.model import CHINA, DayRange
from pipeline.state import keys

REPORT_S, TOKEN_S, READ_S, WRITE_S = 2.1, 1.2, 0.8, 1.5
LATENCY = {
    **dict.fromkeys(("report.promotion", "report.project", "report.material", "report.account"), REPORT_S),
    "feishu.token": TOKEN_S,
    **dict.fromkeys(("records.search", "fields.list", "views.list", "views.get", "tables.list", "base.meta"), READ_S),
    **dict.fromkeys(("records.batch_create", "records.batch_update", "records.batch_delete"), WRITE_S),
    **dict.fromkeys(("tables.create", "views.create", "views.patch"), WRITE_S),
}
RATE = 5.0  # report calls a second and endpoint
PAGE_ROWS = 100  # of a report
FAST = 100.0  # a rate that hardly limits
ROW_CAP = 1_000_000
# memory settings of the image
ALLOCATOR = dict(re.findall(r"(MALLOC_\w+)=(\d+)", Path("Dockerfile").read_text("utf-8")))


class BenchError(Exception):
    """A world is not as its contenders need it; its figures do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The promotions of each account, and latency and rate of the services."""

    promotions: tuple[int, ...]
    lookback: int = 7  # days of a daily run's window
    latency: float = 1.0  # of the real services'
    rate: float = RATE
    history: int = 60  # days with figures


@dataclass(frozen=True, slots=True)
class Job:
    """A contender's work: read a window of days, and load the rows of the fresh days."""

    url: str
    facts: Mapping[str, Any]
    accounts: Mapping[str, str]
    window: DayRange
    fresh: DayRange
    rate: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that the emulator answered: seconds since the epoch, and its table."""

    endpoint: str
    sent: float
    answered: float
    table_id: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """The calls to the emulator within a lap."""

    calls: tuple[Answered, ...]
    quota: int
    refused: tuple[str, ...] = ()

    def counts(self) -> Counter[str]:
        """Calls by endpoint."""
        return Counter(call.endpoint for call in self.calls)

    def last_answer(self, endpoint: str, table_id: str) -> float:
        """When the last call to an endpoint about a table was answered."""
        return max(call.answered for call in self.calls if (call.endpoint, call.table_id) == (endpoint, table_id))


@dataclass(frozen=True, slots=True)
class World:
    """A running emulator and Redis, with the settings of the product on them."""

    shape: Shape
    emulator: processes.Emulator
    redis_url: str
    home: Path
    accounts: Mapping[str, str]
    environment: Mapping[str, str]

    @property
    def table_id(self) -> str:
        """The table that is filled."""
        return str(self.emulator.facts["typed_table_id"])

    @property
    def newest(self) -> date:
        """The newest day with figures."""
        return date.fromisoformat(self.emulator.facts["day"])

    def cool(self) -> None:
        """Drop Feishu's token, as it is missing each morning."""
        with contextlib.closing(redis.Redis.from_url(self.redis_url)) as client:
            for key in client.scan_iter(keys.tenant_token("*", "*")):
                client.delete(key)

    def job(self, fresh: DayRange) -> Job:
        """The work of one lap: one day with its look-back as in a daily run, several as in a backfill."""
        first = fresh.first - timedelta(days=self.shape.lookback - 1) if len(fresh) == 1 else fresh.first
        window = DayRange(first, fresh.last)
        return Job(self.emulator.url, self.emulator.facts, self.accounts, window, fresh, self.shape.rate)

    def control(self, action: str, body: object) -> Any:  # noqa: ANN401 JSON
        """Change something in the emulator."""
        return self.emulator.control(action, body)

    def laike(self, *words: str) -> None:
        """Run the product's command line to its end."""
        subprocess.run(  # noqa: S603 our own command
            [sys.executable, "-m", "cli.main", *words],
            env={**os.environ, **self.environment},
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def look(self, what: str, **params: str) -> Any:  # noqa: ANN401 JSON
        """Look into the emulator."""
        return self.emulator.look(what, **params)

    def logged(self) -> tuple[int, int]:
        """The number of calls so far, and how many of them count for the quota."""
        seen = self.look("calls", since="999999999")
        return seen["total"], seen["quota"]

    def log_since(self, logged: tuple[int, int]) -> Log:
        """The calls after an earlier `logged`."""
        seen = self.look("calls", since=str(logged[0]))
        refused = tuple(f"{call['endpoint']}: {call['code']}" for call in seen["calls"] if call["code"])
        return Log(tuple(_answered(call) for call in seen["calls"]), seen["quota"] - logged[1], refused)

    def check(self, days: DayRange) -> list[str]:
        """The record ids of some days, after checking that the table has each row of the source once.

        Raises:
            BenchError: It has not.
        """
        wanted, found = self.wanted(days), self.rows(days)
        if sorted(found.values()) != wanted:
            msg = f"{days}: the source has {len(wanted)} rows, the table {len(found)}, or others"
            raise BenchError(msg)
        return list(found)

    def clear(self, days: DayRange) -> None:
        """Check days and delete their rows for the next contender."""
        self.control("rows/delete", {"table_id": self.table_id, "record_ids": self.check(days)})

    def row_count(self, days: DayRange) -> int:
        """Rows that the source has on these days."""
        return len(self.wanted(days))

    def rows_by_account(self, days: DayRange) -> dict[str, int]:
        """How many rows the source has on these days, by account id."""
        rows = self.look("figures", start=days.first.isoformat(), end=days.last.isoformat())["rows"]
        counted = Counter(str(row["local_account_id"]) for row in rows)
        return {account_id: counted[account_id] for account_id in self.accounts}

    def rows(self, days: DayRange) -> dict[str, tuple[int, str]]:
        """The keys (day, 单元ID) of the table's rows on these days, by record id."""
        first, last = midnight_ms(days.first), midnight_ms(days.last)
        cells = {one["record_id"]: one["fields"] for one in self.look("records", table_id=self.table_id)["records"]}
        return {
            record_id: (row["时间"], str(row["单元ID"]))
            for record_id, row in cells.items()
            if row.get("单元ID") and first <= row["时间"] <= last
        }

    def wanted(self, days: DayRange) -> list[tuple[int, str]]:
        """The keys that the source has on these days, in order."""
        rows = self.look("figures", start=days.first.isoformat(), end=days.last.isoformat())["rows"]
        mine = [row for row in rows if str(row["local_account_id"]) in self.accounts]
        return sorted((midnight_ms(date.fromisoformat(row["stat_time_day"])), str(row["promotion_id"])) for row in mine)


def midnight_ms(day: date) -> int:
    """A day as the table's date column holds it."""
    return int(datetime.combine(day, time(), CHINA).timestamp() * 1000)


@contextlib.contextmanager
def world(shape: Shape) -> Iterator[World]:
    """A world with an imported token, without latency and rate limits until `slow_down`."""
    with contextlib.ExitStack() as started:
        redis_url = started.enter_context(processes.redis_server())
        home = Path(tempfile.mkdtemp(prefix="laike-bench-"))
        emulator = started.enter_context(processes.emulator(clean=home))
        emulator.control("settings", {"row_cap": ROW_CAP, "history_days": shape.history})
        accounts = _make_accounts(emulator, shape.promotions)
        environment = {
            **processes.settings_for(emulator.facts, redis_url, home),
            **ALLOCATOR,
            "PYTHONDONTWRITEBYTECODE": "",  # an installation has bytecode: compiling at each start takes longer than it
            "LAIKE_ACCOUNTS": json.dumps(accounts, ensure_ascii=False),
            "LAIKE_TOKEN_KEYS": Fernet.generate_key().decode(),
            "LAIKE_LOOKBACK_DAYS": str(shape.lookback),
            "LAIKE_OCEANENGINE_RATE": str(FAST),
            "LAIKE_TABLE_MAX_ROWS": str(ROW_CAP),
        }
        made = World(shape, emulator, redis_url, home, accounts, environment)
        made.laike("token", "import", str(emulator.token_cache(home)))
        yield made


def slow_down(made: World) -> World:
    """The same world with the latency and rate limits of its shape."""
    made.control("latency", {name: seconds * made.shape.latency for name, seconds in LATENCY.items()})
    made.control("settings", {"rate_limits": True, "oceanengine_rate": made.shape.rate})
    paced = {**made.environment, "LAIKE_OCEANENGINE_RATE": str(made.shape.rate)}
    return World(made.shape, made.emulator, made.redis_url, made.home, made.accounts, paced)


def _make_accounts(emulator: processes.Emulator, promotions: tuple[int, ...]) -> dict[str, str]:
    made: dict[str, str] = {}
    for count, same in groupby(promotions):
        made |= emulator.control("accounts/add", {"count": len(list(same)), "promotions": count})["accounts"]
    return made


def _answered(call: Mapping[str, Any]) -> Answered:
    sent = datetime.fromisoformat(call["at"]).timestamp()
    return Answered(call["endpoint"], sent, sent + call["ms"] / 1000, call["about"].get("table_id"))
