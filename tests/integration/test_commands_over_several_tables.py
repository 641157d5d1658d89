"""What people command about rows is about the tables of all days, and what is about one table, about the newest."""

import json
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from pipeline.state.table import backups
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_daily, begin_settle
from tests.cards import problems, texts
from tests.lab import Lab
from tests.rolled import chain

NAME = "广告日报 下一张"


@pytest.fixture
def two(lab: Lab) -> tuple[Lab, date, str]:
    """A lab after a roll-over: its first new day, and the id of the new table."""
    lab.sync()
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    first = lab.day + timedelta(days=1)
    announce(lab.context(), first, NAME, by_hand=True)
    lab.at(time(12, 5), days_later=1)
    ctx = lab.context()
    assert carry_out(ctx, begin_daily(ctx).run_id).state == "success"
    return lab, first, str(lab.table_named(NAME)["table_id"])


def test_an_export_and_a_report_have_the_rows_of_each_days_table(two: tuple[Lab, date, str]) -> None:
    lab, first, table_id = two
    before = (first - timedelta(days=1)).isoformat()
    done = lab.laike("export", before, first.isoformat(), "--format", "jsonl", "--output", "-")
    assert done.returncode == 0, done.stderr
    days = [row["时间"] for line in done.stdout.splitlines() if (row := json.loads(line))["单元ID"]]
    source = lab.source(first - timedelta(days=1), first)
    assert {day: days.count(day) for day in set(days)} == {
        day.isoformat(): sum(key.day == day for key in source) for day in (first - timedelta(days=1), first)
    }
    told = lab.laike("report", before, first.isoformat(), "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["rows"] == len(source) + 1  # a person has a row, too
    assert len(lab.records(table_id)) == sum(key.day == first for key in source)


def test_the_settling_run_brings_the_row_counts_of_the_registry_up_to_date(two: tuple[Lab, date, str]) -> None:
    lab, _, table_id = two
    registry = str(lab.table_named("数据表清单")["table_id"])
    for record in lab.records(registry):
        lab.control(
            "rows/edit", {"table_id": registry, "record_id": record["record_id"], "fields": {"行数": 1}, "by": "app"}
        )
    ctx = lab.context()
    assert carry_out(ctx, begin_settle(ctx).run_id).state == "success"
    assert {row.table_id: row.rows for row in chain(lab)} == {
        one: len(lab.records(one)) for one in (lab.table_id, table_id)
    }


def test_card_and_report_name_the_other_table_and_link_both(two: tuple[Lab, date, str]) -> None:
    lab, first, table_id = two
    card = lab.look("state")["messages"][-1]["card"]
    assert problems(card) == []
    names = {str(one["table_id"]): str(one["name"]) for one in lab.look("state")["tables"]}
    told = f"[{names[lab.table_id]}]({lab.server.url}?table={lab.table_id})"
    older = f"{first - timedelta(days=6)} 至 {first - timedelta(days=1)} 的数据在“{told}”"
    buttons = [one["behaviors"][0]["default_url"] for one in card["body"]["elements"] if one["tag"] == "button"]
    assert older in texts(card), texts(card)
    assert buttons == [f"{lab.server.url}?table={table_id}"]
    before = first - timedelta(days=1)
    assert lab.laike("report", before.isoformat(), first.isoformat(), "--output", "page.html", "--send").returncode == 0
    page = (lab.home / "page.html").read_text(encoding="utf-8")
    assert f'{before} 的数据在“<a href="{lab.server.url}?table={lab.table_id}">{names[lab.table_id]}</a>”' in page
    assert f'"{lab.server.url}?table={table_id}"' in page
    assert f"{before} 的数据在“{told}”" in texts(lab.look("state")["messages"][-1]["card"])


def test_rows_of_one_key_are_found_in_every_table(two: tuple[Lab, date, str]) -> None:
    lab, _, table_id = two
    for one in (lab.table_id, table_id):
        row = next(record["fields"] for record in lab.records(one) if record["fields"].get("单元ID"))
        lab.control("rows/insert", {"table_id": one, "fields": row, "by": "app"})
    done = lab.laike("dedup", "check", "--json")
    assert len(json.loads(done.stdout)["keys"]) == 2, done.stderr
    assert lab.laike("dedup", "clean", "--yes").returncode == 0
    assert lab.laike("dedup", "check").returncode == 0


def test_rows_of_days_that_another_table_holds_are_not_cleaned(two: tuple[Lab, date, str]) -> None:
    lab, _, table_id = two
    row = next(record["fields"] for record in lab.records(lab.table_id) if record["fields"].get("单元ID"))
    for _ in range(2):
        lab.control("rows/insert", {"table_id": table_id, "fields": row, "by": "app"})
    before = len(lab.records(table_id))
    assert lab.laike("dedup", "clean", "--yes").returncode == 0
    assert len(lab.records(table_id)) == before


def test_a_backup_of_a_table_that_is_no_longer_ours_is_restored_only_where_a_person_says(
    two: tuple[Lab, date, str],
) -> None:
    lab, _, table_id = two
    file = Path(json.loads(lab.laike("backup", "--json").stdout)["file"])
    saved = backups.read(file)
    gone = file.with_name("gone.gz")
    backups.write(gone, saved.header.model_copy(update={"table_id": "tblGone"}), list(saved.rows))
    refused = lab.laike("restore", str(gone), "--dry-run")
    assert refused.returncode == 2
    assert "--table" in refused.stderr
    said = lab.laike("restore", str(gone), "--table", table_id, "--dry-run")
    assert "rows to create: 0" in said.stdout, said.stderr


def test_the_rows_of_a_successor_come_back_into_one_table_as_the_page_says(two: tuple[Lab, date, str]) -> None:
    lab, first, table_id = two
    lab.extra["LAIKE_TABLE_SPLIT"] = "none"
    file = json.loads(lab.laike("backup", "--json", "--table", table_id).stdout)["file"]
    lab.control("tables/delete", {"table_id": table_id})
    assert "days" in lab.laike("tables", "repair").stdout
    assert lab.laike("tables", "repair", "--yes").returncode == 0
    assert lab.laike("restore", file, "--yes").returncode == 0
    assert lab.laike("dedup", "check").returncode == 0
    ctx = lab.context()
    summary = carry_out(ctx, begin(ctx, None, [], dry_run=False).run_id)
    assert (summary.state, summary.created, summary.updated) == ("success", 0, 0)
    lab.assert_agrees(first - timedelta(days=1), first)


def test_a_command_about_one_table_is_about_the_newest_unless_another_is_named(two: tuple[Lab, date, str]) -> None:
    lab, _, table_id = two
    rows = {one: json.loads(lab.laike("backup", "--json", *words).stdout)["rows"] for one, words in {
        table_id: (), lab.table_id: ("--table", lab.table_id),
    }.items()}  # fmt: skip
    assert rows == {one: len(lab.records(one)) for one in (table_id, lab.table_id)}
    assert f"the others with --table: {lab.table_id}" in lab.laike("backup").stderr
    assert lab.laike("views", "--table", NAME).returncode == 0
    for words in ("nobody's", "", "广告日报（文本）"):  # the last one is there, and not ours
        refused = lab.laike("views", "--table", words)
        assert refused.returncode == 2
        assert table_id in refused.stderr
    assert lab.laike("doctor").returncode in (0, 1)
