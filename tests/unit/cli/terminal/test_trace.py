"""`laike show`: a run as a tree with times."""

from datetime import UTC, date, datetime
from io import StringIO

from rich.console import Console

from cli.terminal.trace import ACCOUNTS_SHOWN, tree
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.state.runs.events import Event

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 11, 23, tzinfo=UTC)


def run(count: int) -> Run:
    """A run of so many accounts."""
    accounts = tuple(Account(str(n), f"店{n} [x]") for n in range(count))
    return Run(
        run_id="daily-2026-02-11", day=DAY, days=DayRange(DAY, DAY), accounts=accounts, started_at=NOW, deadline=NOW
    )


def fetched(number: int, at: int, ms: int, state: str = "loaded", batch: str = "0", **facts: str) -> Event:
    made = {"at": str(at), "event": "fetched", "batch": batch, "account": str(number), "state": state}
    return made | {"rows": "2", "cost": "118.30", "reason": "", "ms": str(ms)} | facts


def lines(planned: Run, events: list[Event]) -> list[str]:
    file = StringIO()
    Console(file=file, width=200).print(tree(planned, "success", events))
    return [line.strip() for line in file.getvalue().splitlines()]


def test_each_line_says_when_it_ended_how_long_it_took_and_what_it_spent() -> None:
    spent = {"calls": "report/account 1, report/promotion 2", "retries": "1", "waited_ms": "400"}
    told = lines(
        run(1),
        [
            {"at": "1000", "event": "planned", "accounts": "1", "days": "1"},
            fetched(0, 3100, 2100, **spent),
            {"at": "5000", "event": "finished", "state": "success"},
        ],
    )
    assert told[0] == "daily-2026-02-11: success, begun 2026-02-12 07:00:00"
    assert told[1].endswith("2.10 s  fetch: 1 account(s), 2 rows")
    spending = "took 2.10 s, report/account 1, report/promotion 2, 1 retries, waited 0.40 s"
    assert told[2].endswith(f"2.10 s  店0 [x]: loaded, 2 rows, 118.30 元  {spending}")
    assert told[3].endswith("4.00 s  end: success")


def test_a_load_says_how_long_it_waited_for_other_writers() -> None:
    facts = {"batch": "0", "created": "1", "updated": "0", "unchanged": "0", "reason": "", "ms": "3000"}
    told = lines(
        run(1), [{"at": "1000", "event": "planned"}, {"at": "5000", "event": "loaded", **facts, "locked_ms": "2500"}]
    )
    assert told[1].endswith("took 3.00 s, waited 2.50 s for other writers")


def test_of_many_accounts_those_that_failed_are_shown_then_the_slowest() -> None:
    many = [fetched(n, 1000 + n, n) for n in range(ACCOUNTS_SHOWN + 5)]
    failed = fetched(99, 900, 1, state="failed", reason="code 40002")
    told = lines(run(100), [*many, failed])
    assert "店99" in told[2]
    assert "code 40002" in told[2]
    assert "店14" in told[3]
    assert told[-1].endswith("… 6 more, each faster")


def test_batches_are_told_apart() -> None:
    told = lines(run(2), [fetched(0, 1000, 1), fetched(1, 2000, 1, batch="1")])
    assert [line for line in told if "batch" in line] == ["├── batch 1", "└── batch 2"]
