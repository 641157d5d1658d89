"""`laike coverage`: account by day, from what is remembered, and from 同步状态 where Redis was emptied."""

import json
from datetime import timedelta

import pytest
from rich.cells import cell_len

from pipeline.state import keys
from tests.integration.test_redis_was_emptied import empty_redis
from tests.lab import Lab, Plain

LOOKBACK_DAYS = 7


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A lab of whose accounts one failed on the newest day."""
    lab.sync()
    for report in ("report.promotion", "report.account"):
        lab.fault(report, "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    lab.context().client.hdel(keys.coverage(lab.table_id, lab.accounts[1]), lab.day.isoformat())
    lab.sync(lab.day)
    return lab


def document(lab: Lab, *words: str) -> dict[str, dict[str, Plain]]:
    """Days by account id and day."""
    ended = lab.laike("coverage", *words, "--json")
    assert ended.returncode == 0, ended.stderr
    accounts = json.loads(ended.stdout)["accounts"]
    assert [one["id"] for one in accounts] == lab.accounts
    return {one["id"]: {day["day"]: day for day in one["days"]} for one in accounts}


def test_each_day_of_each_account_has_its_state_rows_and_cost(ready: Lab) -> None:
    found = document(ready)
    assert all(len(days) == LOOKBACK_DAYS for days in found.values())  # nobody asked for the days before these
    states = {day["state"] for days in found.values() for day in days.values()}
    assert states == {"loaded", "empty", "failed"}
    newest = ready.day.isoformat()
    bad = found[ready.accounts[1]][newest]
    assert (bad["state"], bad["rows"], bad["cost"], bool(bad["what_to_do"])) == ("failed", 0, "0.00", True)
    rows = [row for row in ready.source().values() if str(row["local_account_id"]) == ready.accounts[0]]
    good = found[ready.accounts[0]][newest]
    assert (good["state"], good["rows"]) == ("loaded", len(rows))
    assert good["cost"] == f"{sum(row['stat_cost'] for row in rows):.2f}"


def test_it_says_the_same_after_redis_was_emptied(ready: Lab) -> None:
    before = document(ready)
    assert any(day["state"] == "empty" for days in before.values() for day in days.values())
    empty_redis(ready)
    assert document(ready) == before


def test_a_range_may_reach_to_today_which_is_open(ready: Lab) -> None:
    today = (ready.day + timedelta(days=1)).isoformat()
    found = document(ready, ready.day.isoformat(), today)
    assert {days[today]["state"] for days in found.values()} == {"open"}


@pytest.mark.parametrize("words", [("2026-02-30",), ("2099-01-01", "2099-01-02"), ("2026-03-02", "2026-03-01")])
def test_what_is_no_range_of_days_is_wrong_usage(ready: Lab, words: tuple[str, ...]) -> None:
    ended = ready.laike("coverage", *words)
    assert ended.returncode == 2
    assert words[0] in ended.stderr


def test_the_grid_fits_into_80_columns_with_a_letter_for_each_day_and_a_legend(ready: Lab) -> None:
    ended = ready.laike("coverage", COLUMNS="80")
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    name = ready.facts["accounts"][ready.accounts[1]][:4]
    letters = "".join(line for line in lines if line.startswith(name)).split()[1:]
    assert [one for one in letters if len(one) == 1] == ["L"] * (LOOKBACK_DAYS - 1) + ["F"]
    assert all(f" {word}" in lines[-1] for word in ("loaded", "empty", "failed", "missing", "parked", "open"))
    assert lines[-2].startswith("blank: ")
