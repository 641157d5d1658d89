"""The old script's world: all text, 转化成本 always 0, doubled rows, views without a filter, old names of settings."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pipeline.settings_sources import OLD_NAMES
from tests.lab import Lab

COLUMNS = {"消耗(元)": "stat_cost", "转化数": "convert_cnt", "团购线索数": "clue_pay_order_cnt"}


def as_the_old_script_wrote_it(lab: Lab, row: dict[str, Any]) -> dict[str, str]:
    """A row of the source in eight text cells; the script asked for 转化成本 by a name that does not exist."""
    figures = {column: str(row[metric]) for column, metric in COLUMNS.items()}
    return {
        "账户名称": lab.facts["accounts"][str(row["local_account_id"])],
        "时间": row["stat_time_day"],
        "单元ID": str(row["promotion_id"]),
        "单元名称": row["promotion_name"],
        "转化成本(元)": "0",
        **figures,
    }


@pytest.fixture
def old_world(lab: Lab) -> Lab:
    """A day in the all-text table, and a view for each account that filters nothing."""
    lab.table = "text_table_id"
    rows = [as_the_old_script_wrote_it(lab, row) for row in lab.source().values()]
    lab.control("rows/insert", {"table_id": lab.table_id, "rows": rows, "by": "person"})
    for name in lab.facts["accounts"].values():
        lab.control("views/add", {"table_id": lab.table_id, "name": name})
    return lab


def old_environment(lab: Lab) -> dict[str, str]:
    """The settings under the names that the script knew."""
    made = lab.environment()
    return {new: "" for new in OLD_NAMES if new in made} | {
        old: made[new] for new, old in OLD_NAMES.items() if new in made
    }


def sync(lab: Lab, *more: str) -> tuple[int, dict[str, Any]]:
    lab.context()
    ended = lab.laike("sync", "--local", "--json", "--day", lab.day.isoformat(), *more, **old_environment(lab))
    return ended.returncode, json.loads(ended.stdout)


def test_the_first_run_changes_only_what_is_wrong(old_world: Lab) -> None:
    wrong = [row for row in old_world.source().values() if Decimal(str(row["conversion_cost"] or 0))]
    assert 0 < len(wrong) < len(old_world.source())
    code, run = sync(old_world)
    assert (code, run["state"], run["created"]) == (0, "success", 0)
    assert run["updated"] == len(wrong)
    old_world.assert_agrees()
    assert sync(old_world)[1]["updated"] == 0


def test_the_dry_run_before_it_says_the_same_and_writes_nothing(old_world: Lab) -> None:
    code, run = sync(old_world, "--dry-run")
    wrong = [row for row in old_world.source().values() if Decimal(str(row["conversion_cost"] or 0))]
    assert (code, run["created"], run["updated"]) == (0, 0, len(wrong))
    assert old_world.calls("records.batch_update", "records.batch_create", "views.patch") == 0


def test_its_seven_views_get_their_filters_and_none_is_made_beside_them(old_world: Lab) -> None:
    sync(old_world)
    views = {view["view_name"]: view for view in old_world.table_named("广告日报（文本）")["views"]}
    assert len(views) == len(old_world.accounts) + 2  # the grid and the one that people made
    assert old_world.calls("views.create") == 0
    found = json.loads(old_world.laike("views", "--json").stdout)
    assert {one["state"] for one in found} == {"right"}


def test_doubled_rows_of_its_days_are_told_and_left_to_a_person(old_world: Lab) -> None:
    again = [as_the_old_script_wrote_it(old_world, row) for row in old_world.source().values()][:5]
    old_world.control("rows/insert", {"table_id": old_world.table_id, "rows": again, "by": "person"})
    before = len(old_world.records())
    code, run = sync(old_world)
    assert (code, run["state"], run["duplicates"]) == (1, "partial", 5)
    assert any("重复行请联系维护人员" in str(account["what_to_do"]) for account in run["accounts"])
    assert len(old_world.records()) == before
    listed = old_world.laike("dedup", "check", "--json")
    assert listed.returncode == 1
    assert old_world.laike("dedup", "clean", "--yes").returncode == 0
    assert len(old_world.records()) == before  # none of a pair is ours: nobody but a person knows which one to keep
