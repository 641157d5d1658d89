"""The world of a bench: one emulator with the latencies of the real services, one Redis, seven accounts."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from cli import lab
from pipeline.core.model import CHINA

REPORT_S, TOKEN_S, READ_S, WRITE_S = 2.1, 1.2, 0.8, 1.5
LATENCY = {
    **dict.fromkeys(("report.promotion", "report.account"), REPORT_S),
    "feishu.token": TOKEN_S,
    **dict.fromkeys(("records.search", "fields.list", "views.list", "views.get", "tables.list", "base.meta"), READ_S),
    **dict.fromkeys(("records.batch_create", "records.batch_update", "records.batch_delete"), WRITE_S),
    **dict.fromkeys(("tables.create", "views.create", "views.patch"), WRITE_S),
}
RATE = 5.0  # report calls a second and endpoint
PAGE_ROWS = 100  # no account has more rows in a day
LEFT_OUT = ("quiet",)  # an account without rows has no view yet, and every run would try to make it
ADDED = {"分店甲": 90, "分店乙": 30}  # promotions; in place of those that are left out


class BenchError(Exception):
    """Something went otherwise than both contenders take for granted; no figure of it counts."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a contender has to do: carry a day of some accounts into a table."""

    url: str
    facts: Mapping[str, Any]
    accounts: Mapping[str, str]
    day: date


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that the emulator answered: seconds since the epoch, and which table it was about."""

    endpoint: str
    sent: float
    answered: float
    table_id: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """What the emulator was asked within a lap."""

    calls: tuple[Answered, ...]
    quota: int

    def counts(self) -> Counter[str]:
        """Calls by endpoint."""
        return Counter(call.endpoint for call in self.calls)

    def last_answer(self, endpoint: str, table_id: str) -> float:
        """When the last call of an endpoint about a table was answered."""
        return max(call.answered for call in self.calls if (call.endpoint, call.table_id) == (endpoint, table_id))

    def spans(self, start: float) -> dict[str, tuple[float, float]]:
        """Seconds from the start to the sending and the answer of each call; reports are one span by endpoint."""
        found: dict[str, tuple[float, float]] = {}
        seen: Counter[str] = Counter()
        for call in sorted(self.calls, key=lambda call: call.sent):
            seen[call.endpoint] += 1
            together = call.endpoint.startswith("report.")
            name = call.endpoint if together else f"{call.endpoint} {seen[call.endpoint]}"
            first, last = found.get(name, (call.sent - start, 0.0))
            found[name] = (first, max(last, call.answered - start))
        return found


@dataclass(frozen=True, slots=True)
class World:
    """A running emulator and Redis, with the settings of the product on them."""

    emulator: lab.Emulator
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

    def job(self, day: date) -> Job:
        """The work of one lap."""
        return Job(self.emulator.url, self.emulator.facts, self.accounts, day)

    def control(self, action: str, body: object) -> Any:  # noqa: ANN401 JSON
        """Change something in the emulator."""
        return _control(self.emulator.url, action, body)

    def look(self, what: str, **params: str) -> Any:  # noqa: ANN401 JSON
        """Look into the emulator."""
        return _look(self.emulator.url, what, **params)

    def logged(self) -> tuple[int, int]:
        """How many calls were logged so far, and how many of them cost quota."""
        seen = self.look("calls", since="999999999")
        return seen["total"], seen["quota"]

    def log_since(self, logged: tuple[int, int]) -> Log:
        """The calls after an earlier `logged`.

        Raises:
            BenchError: One of them was refused.
        """
        seen = self.look("calls", since=str(logged[0]))
        if refused := [call for call in seen["calls"] if call["code"] not in (0, None)]:
            msg = f"a call was refused: {refused[0]}"
            raise BenchError(msg)
        return Log(tuple(_answered(call) for call in seen["calls"]), seen["quota"] - logged[1])

    def clear(self, day: date) -> None:
        """Check that a day is in the table, each row once, and take it out again: the next contender finds none.

        Raises:
            BenchError: The table does not hold what the source has.
        """
        wanted, found = self._promotions(day), self._rows(day)
        if sorted(found.values()) != sorted(wanted):
            msg = f"{day}: the source has {len(wanted)} rows, the table {len(found)}, or others"
            raise BenchError(msg)
        self.control("rows/delete", {"table_id": self.table_id, "record_ids": list(found)})

    def _rows(self, day: date) -> dict[str, str]:
        """Record ids of a day's rows and their 单元ID."""
        cells = {one["record_id"]: one["fields"] for one in self.look("records", table_id=self.table_id)["records"]}
        return {
            record_id: str(row["单元ID"])
            for record_id, row in cells.items()
            if row.get("单元ID") and row["时间"] == midnight_ms(day)
        }

    def _promotions(self, day: date) -> list[str]:
        rows = self.look("figures", start=day.isoformat(), end=day.isoformat())["rows"]
        return [str(row["promotion_id"]) for row in rows if str(row["local_account_id"]) in self.accounts]


def midnight_ms(day: date) -> int:
    """A day as the table's date column holds it."""
    return int(datetime.combine(day, time(), CHINA).timestamp() * 1000)


@contextlib.contextmanager
def world() -> Iterator[World]:
    """A world with an imported token; answers are immediate until `slow_down`."""
    with contextlib.ExitStack() as started:
        redis_url = started.enter_context(lab.redis_server())
        home = Path(tempfile.mkdtemp(prefix="laike-bench-"))
        emulator = started.enter_context(lab.emulator(clean=home))
        accounts = _choose_accounts(emulator.url)
        environment = {
            **lab.settings_for(emulator.facts, redis_url, home),
            "LAIKE_ACCOUNTS": json.dumps(accounts, ensure_ascii=False),
            "LAIKE_TOKEN_KEYS": Fernet.generate_key().decode(),
            "LAIKE_LOOKBACK_DAYS": "1",
            "LAIKE_OCEANENGINE_RATE": str(RATE),
        }
        made = World(emulator, redis_url, home, accounts, environment)
        _import_token(made)
        yield made


def slow_down(made: World) -> None:
    """From now on the services answer as slowly as the real ones, and refuse what is too fast."""
    made.control("latency", LATENCY)
    made.control("settings", {"rate_limits": True, "oceanengine_rate": RATE})


def _choose_accounts(url: str) -> dict[str, str]:
    for name, promotions in ADDED.items():
        _control(url, "accounts/add", {"name": name, "promotions": promotions})
    return {
        account["id"]: account["name"]
        for account in _look(url, "state")["accounts"]
        if account["promotions"] <= PAGE_ROWS and account["rhythm"] not in LEFT_OUT
    }


def _import_token(made: World) -> None:
    names = ("access_token", "refresh_token", "expires_at", "refresh_expires_at")
    file = made.home / "old_token_cache.json"
    file.write_text(json.dumps({name: made.emulator.facts[name] for name in names}), encoding="utf-8")
    subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "cli.main", "token", "import", str(file)],
        env={**os.environ, **made.environment},
        cwd=made.home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def _answered(call: Mapping[str, Any]) -> Answered:
    sent = datetime.fromisoformat(call["at"]).timestamp()
    return Answered(call["endpoint"], sent, sent + call["ms"] / 1000, call["about"].get("table_id"))


def _control(url: str, action: str, body: object) -> Any:  # noqa: ANN401 JSON
    answer = requests.post(f"{url}/_control/{action}", json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


def _look(url: str, what: str, **params: str) -> Any:  # noqa: ANN401 JSON
    answer = requests.get(f"{url}/_control/{what}", params=params, timeout=10)
    answer.raise_for_status()
    return answer.json()
