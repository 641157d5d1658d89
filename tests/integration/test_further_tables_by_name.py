"""Commands about a further table: `--table` with its name in the settings; without it they are about the first one."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.further import NAMES, further, source_of, table_of
from tests.lab import Lab

MATERIALS, PROJECTS = NAMES["material"], NAMES["project"]
WRONG_USAGE = 2


@pytest.fixture
def two(lab: Lab) -> tuple[Lab, dict[str, str]]:
    """A lab whose newest day is loaded into three tables; the ids of the further ones by report."""
    made = further(lab, "project", "material")
    lab.sync(lab.day)
    return lab, made


def exported(lab: Lab, *words: str) -> list[dict[str, Any]]:
    day = lab.day.isoformat()
    done = lab.laike("export", day, day, "--format", "jsonl", "--output", "-", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("source", ["table", "api"])
def test_an_export_has_the_rows_of_the_table_that_is_named_and_counts_no_shared_material_as_a_duplicate(
    two: tuple[Lab, dict[str, str]], source: str
) -> None:
    lab, _ = two
    rows = exported(lab, "--table", MATERIALS, "--from", source)
    wanted = source_of(lab, "material", lab.day, lab.day)
    assert Counter((row["账户名称"], row["素材ID"]) for row in rows) == Counter(
        (line.account, line.item_id) for line in wanted.elements()
    )
    items = Counter(line.item_id for line in wanted.elements())
    assert max(items.values()) > 1, "no material is in two accounts"
    day = lab.day.isoformat()
    done = lab.laike("export", day, day, "--json", "--from", source, "--table", MATERIALS)
    told = json.loads(done.stdout)
    assert told["duplicates"] == 0
    assert f"laike-export-{MATERIALS}-{day}-{day}.csv" in told["file"]


def test_the_materials_of_two_accounts_are_no_duplicates_and_a_copy_of_one_is_cleaned_with_its_account_named(
    two: tuple[Lab, dict[str, str]],
) -> None:
    lab, made = two
    assert lab.laike("dedup", "check", "--table", MATERIALS).stdout.strip() == "each key is there once"
    before = table_of(lab, "material", made["material"])
    row = lab.records(made["material"])[0]
    lab.control("rows/insert", {"table_id": made["material"], "fields": row["fields"], "by": "person"})
    checked = lab.laike("dedup", "check", "--table", MATERIALS, "--json")
    (key,) = json.loads(checked.stdout)["keys"]
    assert (key["material_id"], key["account_id"]) == (row["fields"]["素材ID"], row["fields"]["账户ID"])
    assert "promotion_id" not in key
    assert (key["agrees"], len(key["rows"])) == (True, 2)
    assert lab.laike("dedup", "check").returncode == 0  # the first table has none
    cleaned = lab.laike("dedup", "clean", "--yes", "--table", MATERIALS)
    assert cleaned.returncode == 0, cleaned.stderr
    assert table_of(lab, "material", made["material"]) == before


def test_report_and_coverage_are_about_the_table_that_is_named(two: tuple[Lab, dict[str, str]]) -> None:
    lab, _ = two
    day = lab.day.isoformat()
    done = lab.laike("report", day, day, "--table", PROJECTS, "--output", "page.html", "--send", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == source_of(lab, "project", lab.day, lab.day).total()
    page = (lab.home / "page.html").read_text(encoding="utf-8")
    assert f"<h1>投放报告（{PROJECTS}）</h1>" in page
    assert "消耗最高的项目" in page
    assert "单元" not in page
    card = lab.look("state")["messages"][-1]["card"]
    assert PROJECTS in card["header"]["title"]["content"]
    grid = json.loads(lab.laike("coverage", day, day, "--table", PROJECTS, "--json").stdout)["accounts"]
    rows = sum(one["days"][0]["rows"] for one in grid)
    assert rows == source_of(lab, "project", lab.day, lab.day).total()


def test_views_backup_and_restore_are_about_the_table_that_is_named(two: tuple[Lab, dict[str, str]]) -> None:
    lab, made = two
    assert lab.laike("views", "--fix", "--table", PROJECTS).returncode == 0
    ours = {view["view_name"] for view in lab.table_named(PROJECTS)["views"]}
    assert ours >= set(lab.facts["accounts"].values())
    saved = lab.laike("backup", "file.backup", "--table", made["project"], "--json")  # by its id as well
    assert json.loads(saved.stdout)["rows"] == len(lab.records(made["project"]))
    row = lab.records(made["project"])[0]
    body = {"table_id": made["project"], "record_id": row["record_id"], "by": "person"}
    lab.control("rows/delete", body)
    before = len(lab.records())
    done = lab.laike("restore", "file.backup", "--yes")  # the file says of which table it is
    assert done.returncode == 0, done.stderr
    assert table_of(lab, "project", made["project"]) == source_of(lab, "project", lab.day, lab.day)
    assert len(lab.records()) == before


def test_an_unknown_name_lists_the_known_ones_and_a_table_that_is_not_made_says_so(lab: Lab) -> None:
    further(lab, "project")
    day = lab.day.isoformat()
    for words in (("views",), ("coverage",), ("export", day, day), ("report", day, day), ("dedup", "check")):
        ended = lab.laike(*words, "--table", "日报")
        assert ended.returncode == WRONG_USAGE, ended.stdout
        assert lab.table_id in ended.stderr
        assert PROJECTS in ended.stderr
    lab.extra["LAIKE_TABLES"] = json.dumps([{"name": "还没有的表", "report": "project"}])
    ended = lab.laike("views", "--table", "还没有的表")
    assert "还没有的表" in ended.stderr
    assert "laike init" in ended.stderr


def test_the_accounts_of_a_group_are_those_of_its_table_and_of_no_other(lab: Lab) -> None:
    chosen, *others = lab.accounts
    further(lab, "promotion", accounts=[chosen])
    lab.sync(lab.day)
    day = lab.day.isoformat()
    grid = json.loads(lab.laike("coverage", day, day, "--json").stdout)["accounts"]
    assert sorted(one["id"] for one in grid) == sorted(others)
    grid = json.loads(lab.laike("coverage", day, day, "--json", "--table", NAMES["promotion"]).stdout)["accounts"]
    assert [one["id"] for one in grid] == [chosen]
    made = json.loads(lab.laike("report", day, day, "--json").stdout)
    assert made["days_not_whole"] == []
