"""`laike tables` lists the further tables after the first, and gives each a successor of its own."""

import json
from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.rollover.registry import NAME
from pipeline.state.table.visibility import VisibilityLost
from tests.further import NAMES, further
from tests.lab import Lab

MATERIALS, PROJECTS = NAMES["material"], NAMES["project"]
DONE, IN_PART, WRONG_USAGE = 0, 1, 2


@pytest.fixture
def loaded(lab: Lab) -> tuple[Lab, dict[str, str]]:
    """A lab whose newest day is loaded into two tables, the further one of one account; its id by report."""
    made = further(lab, "project", accounts=[lab.accounts[0]])
    lab.extra |= {"LAIKE_TABLE_MAX_ROWS": "1000000", "LAIKE_TABLE_SPLIT": "auto"}
    lab.sync(lab.day)
    return lab, made


def listed(lab: Lab) -> dict[str, Any]:
    ended = lab.laike("tables", "--json")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_each_further_table_is_listed_with_its_report_accounts_rows_and_link(
    loaded: tuple[Lab, dict[str, str]],
) -> None:
    lab, made = loaded
    found = listed(lab)
    assert [one["id"] for one in found["tables"]] == [lab.table_id]
    (one,) = found["further"]
    assert (one["name"], one["report"], one["reason"]) == (PROJECTS, "project", None)
    assert [account["id"] for account in one["accounts"]] == [lab.accounts[0]]
    (table,) = one["tables"]
    rows = len(lab.records(made["project"]))
    assert (table["id"], table["rows"], table["room"]) == (made["project"], rows, 1_000_000 - rows)
    assert table["link"].endswith(f"table={made['project']}")
    told = lab.laike("tables").stdout
    assert f"{PROJECTS}: report project (项目), {lab.facts['accounts'][lab.accounts[0]]}" in told
    assert made["project"] in told


def test_one_that_is_not_made_is_told_and_the_others_are_listed(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    further_ones = json.loads(lab.extra["LAIKE_TABLES"])
    lab.extra["LAIKE_TABLES"] = json.dumps([{"name": MATERIALS, "report": "material"}, *further_ones])
    ended = lab.laike("tables")
    assert ended.returncode == IN_PART
    assert "laike init" in ended.stdout
    assert made["project"] in ended.stdout
    lacking, there = listed(lab)["further"]
    assert (lacking["tables"], there["tables"][0]["id"]) == ([], made["project"])
    assert MATERIALS in lacking["reason"]


def test_without_further_tables_nothing_is_said_of_them(lab: Lab) -> None:
    lab.sync(lab.day)
    assert "further" not in listed(lab)
    assert "report" not in lab.laike("tables").stdout


def test_a_successor_is_announced_for_the_table_that_is_named(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    ended = lab.laike("tables", "split", "--table", PROJECTS, "--yes")
    assert ended.returncode == DONE, ended.stderr
    first = (lab.day + timedelta(days=1)).isoformat()
    found = listed(lab)
    assert found["announced"] is None
    told = found["further"][0]["announced"]
    assert (told["first"], told["say_no"]) == (first, 'split = "none"')
    assert PROJECTS in told["name"]
    of_project = [one["fields"] for one in lab.records(lab.table_named(NAME)["table_id"])]
    assert any(made["project"] in str(fields) for fields in of_project)
    refused = json.loads(lab.extra["LAIKE_TABLES"])
    lab.extra["LAIKE_TABLES"] = json.dumps([{**refused[0], "split": "none"}])
    ended = lab.laike("tables", "split", "--table", PROJECTS, "--yes")
    assert ended.returncode == WRONG_USAGE
    assert f"split of {PROJECTS}" in ended.stderr


def test_repair_resumes_the_table_that_is_named(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    here = lab.context().for_table(PROJECTS, made["project"])
    here.visibility.learn_lost(VisibilityLost("a row was gone", tables=True))
    assert "agree" in lab.laike("tables", "repair", "--yes").stdout
    assert here.visibility.lost()
    ended = lab.laike("tables", "repair", "--table", PROJECTS, "--yes")
    assert ended.returncode == DONE, ended.stderr
    assert here.visibility.lost() is None
