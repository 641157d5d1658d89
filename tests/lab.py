"""What integration tests act with: the product on an emulator and a real Redis."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import redis
import requests

from emulator.server import EmulatorServer
from lab.processes import settings_for
from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.model import CHINA, Key
from pipeline.core.outcome import Summary
from pipeline.core.runs.views import view_notes
from pipeline.settings import Settings
from pipeline.state import keys
from pipeline.state.tokens.old_cache import read_old_cache
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.due import views_made
from pipeline.steps.runs.plan import begin
from tests import forks

TOKEN_KEY = "dGVzdHMtb25seS1rZXktb2YtMzItYnl0ZXMtbG9uZyE="
WRITES = (
    "records.batch_create",
    "records.batch_update",
    "records.batch_delete",
    "tables.create",
    "views.create",
    "views.patch",
)
Plain = dict[str, Any]


@dataclass
class Lab:
    """One test's world: the emulator just reset, an empty Redis, settings that fit both."""

    server: EmulatorServer
    redis_url: str
    home: Path
    table: str = "typed_table_id"
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin soon after noon of the day after the newest figures: no test meets midnight or the schedule."""
        self.at(time(12, 5))

    def at(self, clock: time, days_later: int = 0) -> None:
        """Let it be so late, for the product and for the emulator, on the day after the newest figures, or later."""
        moment = datetime.combine(self.day + timedelta(days=1 + days_later), clock, CHINA)
        offset_s = (moment - datetime.now(UTC)).total_seconds()
        self.control("settings", {"clock_offset_s": offset_s})
        self.extra["LAIKE_CLOCK_OFFSET_S"] = str(offset_s)

    def at_real_time(self) -> None:
        """Let it be now: no clock is shifted."""
        self.control("settings", {"clock_offset_s": 0})
        del self.extra["LAIKE_CLOCK_OFFSET_S"]

    @property
    def facts(self) -> Plain:
        """Where the emulator is and with which secrets."""
        return self.server.facts()

    @property
    def day(self) -> date:
        """The newest business day with figures."""
        return date.fromisoformat(self.facts["day"])

    @property
    def accounts(self) -> list[str]:
        """Account ids."""
        return list(self.facts["accounts"])

    @property
    def big(self) -> str:
        """The account whose report of one day has three pages."""
        accounts = self.look("state")["accounts"]
        return str(max(accounts, key=lambda account: int(account["promotions"]))["id"])

    @property
    def table_id(self) -> str:
        """The table that is filled."""
        return str(self.facts[self.table])

    def environment(self) -> dict[str, str]:
        """Settings of the product; waits are taken out, and no test meets a Monday's card or a successor unasked."""
        made = settings_for(self.facts, self.redis_url, self.home, self.table) | {
            "LAIKE_REPORT_WEEKLY": "false",
            "LAIKE_TABLE_SPLIT": "none",
        }
        return {**made, "LAIKE_TOKEN_KEYS": TOKEN_KEY, "LAIKE_WAIT_SCALE": "0", **self.extra}

    def bare_context(self) -> Context:
        """A context such as a process of the product has."""
        made = {name.removeprefix("LAIKE_").lower(): value for name, value in self.environment().items()}
        return build(Settings(_env_file=None, **made))  # type: ignore[arg-type]

    def context(self) -> Context:
        """The same, with the token taken over."""
        ctx = self.bare_context()
        if not ctx.client.exists(keys.TOKEN):
            ctx.tokens.store(read_old_cache(self.token_cache()))
        return ctx

    def token_cache(self) -> Path:
        """A file such as the old script kept."""
        names = ("access_token", "refresh_token", "expires_at", "refresh_expires_at")
        file = self.home / "token_cache.json"
        file.write_text(json.dumps({name: self.facts[name] for name in names}), encoding="utf-8")
        return file

    def sync(self, day: date | None = None, accounts: Sequence[str] = (), *, dry_run: bool = False) -> Summary:
        """A run in this process."""
        ctx = self.context()
        return carry_out(ctx, begin(ctx, day, accounts, dry_run=dry_run).run_id)

    def view_notes(self, summary: Summary) -> tuple[str, ...]:
        """What a run says of its accounts' views, after its end."""
        outcome = views_made(self.bare_context(), summary.run_id)
        assert outcome
        return view_notes(outcome)

    def laike(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """The command in a process of its own, without a token of this process' making."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
        env = {**clean, "PYTHONPATH": str(Path.cwd()), **self.environment(), **environment}
        return forks.run((sys.executable, "-m", "cli.main", *words), env, self.home, timeout=120)

    def control(self, action: str, body: object) -> Plain:
        """Change something in the emulator."""
        answer = requests.post(f"{self.server.url}/_control/{action}", json=body, timeout=10)
        assert answer.ok, answer.text
        made: Plain = answer.json()
        return made

    def look(self, what: str, **params: str) -> Plain:
        """Look into the emulator."""
        answer = requests.get(f"{self.server.url}/_control/{what}", params=params, timeout=10)
        assert answer.ok, answer.text
        found: Plain = answer.json()
        return found

    def fault(self, endpoint: str, kind: str, **details: object) -> None:
        """Let an endpoint fail: `times` and `call` as in the emulator."""
        self.control("faults", [{"endpoint": endpoint, "kind": kind, **details}])

    def before(self, endpoint: str, action: str, body: object, call: int = 1) -> None:
        """Let somebody act right before a call of an endpoint."""
        self.control("script", {"before": endpoint, "call": call, "do": action, "body": body})

    def calls(self, *endpoints: str) -> int:
        """How often endpoints were called since the reset."""
        counts: dict[str, int] = self.look("calls")["counts"]
        return sum(counts.get(endpoint, 0) for endpoint in endpoints)

    def records(self, table_id: str | None = None) -> list[Plain]:
        """Every record of a table, plain."""
        found: list[Plain] = self.look("records", table_id=table_id or self.table_id)["records"]
        return found

    def one_more_conversion(self, record: Plain) -> Plain:
        """A cell that is wrong whatever the day's figure is, as the table's column takes it."""
        wrong = int(record["fields"]["转化数"]) + 1
        return {"转化数": wrong if self.table == "typed_table_id" else str(wrong)}

    def table_named(self, name: str) -> Plain:
        """A table of the base."""
        return next(table for table in self.look("state")["tables"] if table["name"] == name)

    def source(self, start: date | None = None, end: date | None = None) -> dict[Key, Plain]:
        """The source's rows by key."""
        first, last = start or self.day, end or self.day
        rows = self.look("figures", start=first.isoformat(), end=last.isoformat())["rows"]
        return {Key(date.fromisoformat(row["stat_time_day"]), str(row["promotion_id"])): row for row in rows}

    def loaded(self) -> dict[Key, list[Plain]]:
        """The table's rows by key, with plain cells; a person's row without 单元ID is left out."""
        rows: dict[Key, list[Plain]] = {}
        for record in self.records():
            if key := key_of(record["fields"]):
                rows.setdefault(key, []).append(record["fields"])
        return rows

    def assert_agrees(self, start: date | None = None, end: date | None = None, accounts: Collection[str] = ()) -> None:
        """Every key of the source, or of some accounts, is in the table exactly once with the source's figures."""
        names, loaded = self.facts["accounts"], self.loaded()
        chosen = accounts or self.accounts
        source = {key: row for key, row in self.source(start, end).items() if str(row["local_account_id"]) in chosen}
        for key, row in source.items():
            assert len(loaded.get(key, [])) == 1, f"{key}: {len(loaded.get(key, []))} rows"
            cells = loaded[key][0]
            assert cells["账户名称"] == names[str(row["local_account_id"])]
            assert cells["单元名称"] == row["promotion_name"]
            for column, metric in FIGURES.items():
                assert Decimal(str(cells[column])) == Decimal(str(row[metric] or 0)), (key, column)
        assert source


FIGURES = {
    "消耗(元)": "stat_cost",
    "转化数": "convert_cnt",
    "转化成本(元)": "conversion_cost",
    "团购线索数": "clue_pay_order_cnt",
}


def key_of(cells: Mapping[str, Any]) -> Key | None:
    """The key of a row in plain cells; `None` for a person's row without 单元ID."""
    unit = cells.get("单元ID")
    return Key(day_of(cells["时间"]), str(unit)) if unit else None


def day_of(cell: object) -> date:
    """The day in a plain cell: a date of the typed table, or text."""
    if isinstance(cell, int):
        return datetime.fromtimestamp(cell / 1000, CHINA).date()
    return date.fromisoformat(str(cell))


def empty(redis_url: str) -> None:
    """Leave nothing of an earlier test in Redis."""
    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    client.close()


def agree(link: str) -> str:
    """What a person does in the browser: tick, agree; the address that the browser is sent to."""
    page = requests.get(link, timeout=10)
    assert page.ok, page.text
    ticked = re.findall(r'name="account" value="(\d+)"', page.text)
    answer = requests.post(link, data={"account": ticked}, timeout=10, allow_redirects=False)
    return answer.headers["location"]
