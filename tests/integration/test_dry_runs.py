"""A dry run ends as the real run would: the same state and exit code, the same accounts named for the same reasons."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cli.terminal.output import FAILED, PERSON_NEEDED, exit_code
from pipeline.core.outcome import RunState, Summary
from pipeline.state.table.visibility import VisibilityLost
from tests.lab import WRITES, Lab

Make = Callable[[Lab], None]


def unreadable(lab: Lab) -> None:
    """The app lost the right to read the table."""
    lab.fault("records.search", "code", code=91403, times="always")


def away(lab: Lab) -> None:
    """The table does not answer for long."""
    lab.fault("records.search", "status", status=503, times="always")


def without_a_column(lab: Lab) -> None:
    """A person deleted a column."""
    lab.control("columns/delete", {"table_id": lab.table_id, "field_name": "消耗(元)"})


def full(lab: Lab) -> None:
    """The rows do not fit."""
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = "3"


def stopped(lab: Lab) -> None:
    """Loading is stopped since rows cannot be seen."""
    lab.context().visibility.learn_lost(VisibilityLost("rows cannot be read back"))


def emptied(lab: Lab) -> None:
    """Rows were loaded, and the table reads as empty."""
    lab.sync(lab.day - timedelta(days=1))
    lab.control("rows/delete", {"table_id": lab.table_id, "all": True})


def without_an_account(lab: Lab) -> None:
    """One account cannot be read."""
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})


def without_a_token(lab: Lab) -> None:
    """Nothing can be read of the source."""
    lab.fault("report.promotion", "code", code=40102, times="always")
    lab.fault("oauth.refresh_token", "code", code=40103, times="always")


def contradicting(lab: Lab) -> None:
    """Two accounts report one promotion with different figures."""
    row = next(row for row in lab.source().values() if str(row["local_account_id"]) == lab.accounts[0])
    place = {"promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
    lab.control("figures", {"account_id": lab.accounts[1], **place, "stat_cost": 777.25})


def doubled(lab: Lab) -> None:
    """A row of the table is there twice."""
    lab.sync(lab.day)
    row = next(record for record in lab.records() if record["fields"].get("单元ID"))
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": row["fields"], "by": "person"})


def with_a_row_more(lab: Lab) -> None:
    """A person added a row to a loaded day."""
    lab.sync(lab.day)
    row = next(record for record in lab.records() if record["fields"].get("单元ID"))
    fields = {**row["fields"], "单元ID": "77"}
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": fields, "by": "person"})


def as_it_should_be(lab: Lab) -> None:
    """Nothing is wrong."""


def told(summary: Summary) -> dict[str, Any]:
    """What people go by."""
    return {
        "state": summary.state,
        "exit": exit_code(summary),
        "reason": summary.trouble.reason if summary.trouble else None,
        "accounts": [
            (one.id, one.state, one.trouble.reason if one.trouble else None, one.rows) for one in summary.accounts
        ],
        "beyond": (summary.gone, summary.foreign, summary.duplicates),
        "excess": [words for words in summary.warnings if "表格另有" in words],
    }


@pytest.mark.parametrize(
    "make",
    [
        unreadable,
        away,
        without_a_column,
        full,
        stopped,
        emptied,
        without_an_account,
        without_a_token,
        contradicting,
        doubled,
        with_a_row_more,
        as_it_should_be,
    ],
    ids=lambda make: make.__name__,
)
def test_a_dry_run_ends_as_the_real_one_would_and_writes_nothing(lab: Lab, make: Make) -> None:
    make(lab)
    before, messages = lab.calls(*WRITES), len(lab.look("state")["messages"])
    dry = lab.sync(lab.day, dry_run=True)
    assert (lab.calls(*WRITES), len(lab.look("state")["messages"])) == (before, messages)
    real = lab.sync(lab.day)
    assert told(dry) == told(real)
    assert (dry.created, dry.updated, dry.unchanged) == (real.created, real.updated, real.unchanged)


def test_a_row_that_no_cell_can_hold_is_refused_by_the_dry_run_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.core.table.cells.TEXT_CHARACTERS_MAX", 20)
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({**lab.facts["accounts"], lab.big: "一家名字很长的店" * 3})
    dry = lab.sync(lab.day, dry_run=True)
    assert dry.state == RunState.PARTIAL
    assert told(dry) == told(lab.sync(lab.day))


def test_a_dry_run_does_not_stop_the_loading(lab: Lab) -> None:
    emptied(lab)
    assert lab.sync(lab.day, dry_run=True).state == RunState.FAILED
    assert lab.context().visibility.lost() is None


@pytest.mark.parametrize("words", [("--local",), ("--local", "--no-redis")], ids=["local", "no redis"])
@pytest.mark.parametrize(("make", "code"), [(unreadable, PERSON_NEEDED), (away, FAILED)], ids=["refused", "away"])
def test_the_command_exits_as_the_real_one_and_says_why(
    lab: Lab, words: tuple[str, ...], make: Make, code: int
) -> None:
    lab.context()  # the token is taken over, into Redis and into the mirror file
    make(lab)
    ended = lab.laike("sync", *words, "--dry-run", "--day", lab.day.isoformat(), "--json")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["state"]) == (code, "failed")
    assert document["reason"]
