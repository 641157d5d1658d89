"""What is exported is what the table, or the API, has; the file is whole or not there."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.core.model import Key
from pipeline.render.export import BOM
from tests.lab import FIGURES, Lab, key_of

Plain = dict[str, Any]
NAMES = ["账户名称", "时间", "单元ID", "单元名称", "消耗(元)", "转化数", "转化成本(元)", "团购线索数"]


@pytest.fixture
def loaded(lab: Lab) -> Lab:
    """A lab whose newest week is loaded."""
    lab.sync()
    return lab


def span(lab: Lab, days: int = 1) -> tuple[str, str]:
    """The last days as words of the command."""
    return (lab.day - timedelta(days=days - 1)).isoformat(), lab.day.isoformat()


def export(lab: Lab, *words: str, days: int = 1, code: int = 0) -> "subprocess.CompletedProcess[str]":
    ended = lab.laike("export", *span(lab, days), *words)
    assert ended.returncode == code, ended.stderr
    return ended


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(BOM)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(path: Path) -> dict[str, list[list[Any]]]:
    """The rows of each sheet, its header first."""
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def there(lab: Lab, days: int = 1) -> dict[Key, Plain]:
    """The table's rows of the last days that have a key."""
    first = lab.day - timedelta(days=days - 1)
    return {key: rows[0] for key, rows in lab.loaded().items() if first <= key.day <= lab.day}


def total(rows: dict[Key, Plain]) -> Decimal:
    return sum((Decimal(str(row["消耗(元)"])) for row in rows.values()), Decimal(0))


def test_a_csv_has_the_rows_of_the_table_with_exact_ids_and_its_sum(either: Lab) -> None:
    loaded = either
    loaded.sync()
    ended = export(loaded, days=7)
    first, last = span(loaded, 7)
    file = loaded.home / f"laike-output/laike-export-{first}-{last}.csv"
    assert Path(ended.stdout.strip()) in (file, file.relative_to(loaded.home))
    rows, table = rows_of_csv(file.read_bytes()), there(loaded, 7)
    found = {Key(date.fromisoformat(row["时间"]), row["单元ID"]): row for row in rows if row["单元ID"]}
    assert found.keys() == table.keys()
    assert list(rows[0]) == NAMES
    assert all(Decimal(found[key][name]) == Decimal(str(row[name])) for key, row in table.items() for name in FIGURES)
    assert rows == sorted(rows, key=lambda row: (row["时间"], row["账户名称"], row["单元ID"]))
    assert f"{len(rows)} rows, 消耗 {total(table):.2f} 元" in ended.stderr
    assert sorted(path.name for path in file.parent.iterdir()) == [".gitignore", file.name]


def test_an_excel_file_has_ids_as_text_figures_as_numbers_and_days_as_days(loaded: Lab) -> None:
    export(loaded, "--format", "xlsx", "--output", "a.xlsx")
    (title, (head, *rows)), *others = rows_of_xlsx(loaded.home / "a.xlsx").items()
    assert (title, head, others) == ("数据", NAMES, [])
    table = there(loaded)
    assert {Key(row[1].date(), row[2]) for row in rows if row[2]} == table.keys()
    for row in rows:
        assert isinstance(row[1], datetime)
        assert row[2] is None or re.fullmatch(r"\d{19}", row[2])
        assert all(isinstance(figure, int | float) for figure in row[4:] if figure is not None)
    assert sum((Decimal(str(row[4] or 0)) for row in rows), Decimal(0)) == total(table)


def test_each_account_has_a_sheet_where_that_is_wished_for(loaded: Lab) -> None:
    said = json.loads(export(loaded, "--format", "xlsx", "--output", "a.xlsx", "--sheet-per-account", "--json").stdout)
    sheets = rows_of_xlsx(loaded.home / "a.xlsx")
    names = [{row[0] for row in rows[1:]} for rows in sheets.values()]
    assert all(len(one) == 1 for one in names)
    assert set().union(*names) >= {row["账户名称"] for row in there(loaded).values()}
    assert all(rows[0] == NAMES for rows in sheets.values())
    assert sum(len(rows) - 1 for rows in sheets.values()) == said["rows"]


def test_jsonl_has_ids_and_money_as_strings_and_counts_as_integers_and_goes_to_stdout(loaded: Lab) -> None:
    ended = export(loaded, "--format", "jsonl", "--output", "-")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    table = there(loaded)
    for row in rows:
        assert list(row) == NAMES
        if row["单元ID"]:
            found = table[Key(date.fromisoformat(row["时间"]), row["单元ID"])]
            assert (row["消耗(元)"], row["转化数"]) == (f"{Decimal(str(found['消耗(元)'])):.2f}", int(found["转化数"]))
    assert {row["单元ID"] for row in rows if row["单元ID"]} == {key.item_id for key in table}


def test_json_says_what_was_written(loaded: Lab) -> None:
    said = json.loads(export(loaded, "--json", days=2).stdout)
    table = there(loaded, 2)
    rows = rows_of_csv((loaded.home / said["file"]).read_bytes())
    assert (said["rows"], said["cost"]) == (len(rows), f"{total(table):.2f}")
    assert (said["from"], said["start"], said["end"]) == ("table", *span(loaded, 2))
    assert sum(Decimal(one["cost"]) for one in said["accounts"]) == total(table)
    known = loaded.facts["accounts"]
    assert {one["id"]: one["name"] for one in said["accounts"] if one["id"]}.items() <= known.items()


def test_only_the_accounts_that_were_asked_for(loaded: Lab) -> None:
    name = loaded.facts["accounts"][loaded.big]
    for words in ((), ("--from", "api")):
        ended = export(loaded, "--account", loaded.big, "--output", "-", *words)
        rows = rows_of_csv(ended.stdout.encode())
        wanted = {key.item_id for key, row in there(loaded).items() if row["账户名称"] == name}
        assert {row["单元ID"] for row in rows} == wanted


def test_from_the_api_come_the_same_rows_without_the_table(loaded: Lab) -> None:
    before = loaded.calls("records.search", "fields.list")
    ended = export(loaded, "--from", "api", "--output", "-", days=3)
    assert loaded.calls("records.search", "fields.list") == before
    rows = {Key(date.fromisoformat(row["时间"]), row["单元ID"]): row for row in rows_of_csv(ended.stdout.encode())}
    source = loaded.source(loaded.day - timedelta(days=2), loaded.day)
    assert rows.keys() == source.keys()
    for key, row in rows.items():
        figures = {name: Decimal(str(source[key][metric] or 0)) for name, metric in FIGURES.items()}
        assert {name: Decimal(row[name]) for name in FIGURES} == figures


def test_an_account_that_cannot_be_read_is_named_and_the_file_holds_the_others(lab: Lab) -> None:
    lab.context()
    bad, name = lab.big, lab.facts["accounts"][lab.big]
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": bad})
    ended = export(lab, "--from", "api", "--output", "a.csv", "--json", code=1)
    assert f"not read: {name} ({bad})" in ended.stderr
    assert f"of {len(lab.accounts) - 1} of {len(lab.accounts)} accounts" in ended.stderr
    names = {row["账户名称"] for row in rows_of_csv((lab.home / "a.csv").read_bytes())}
    assert names
    assert name not in names
    assert [one["id"] for one in json.loads(ended.stdout)["not_read"]] == [bad]


@pytest.mark.parametrize(("fault", "code"), [(40002, 3), (40103, 4)], ids=["each account", "the token"])
def test_where_no_account_can_be_read_there_is_no_file(lab: Lab, fault: int, code: int) -> None:
    lab.context()
    lab.fault("report.promotion", "code", times="always", code=fault)
    ended = export(lab, "--from", "api", "--format", "xlsx", "--output", "a.xlsx", code=code)
    assert "error:" in ended.stderr
    assert list(lab.home.glob("a.xlsx*")) == []


def test_a_table_that_fails_in_the_middle_leaves_no_file(loaded: Lab) -> None:
    loaded.fault("records.search", "code", code=1254002, call=2, times="always")
    export(loaded, "--output", "a.csv", days=7, code=3)
    assert list(loaded.home.glob("a.csv*")) == []


def test_rows_of_people_are_exported_and_doubled_ones_as_they_are_with_a_word(loaded: Lab) -> None:
    table = there(loaded)
    row = next(record["fields"] for record in loaded.records() if key_of(record["fields"]) in table)
    mine = {**row, "单元ID": "", "账户名称": "张三", "单元名称": "=1+1"}
    for fields in (row, mine):
        loaded.control("rows/insert", {"table_id": loaded.table_id, "fields": fields, "by": "person"})
    ended = export(loaded, "--output", "a.csv")
    rows = rows_of_csv((loaded.home / "a.csv").read_bytes())
    assert sum(one["单元ID"] == row["单元ID"] for one in rows) == 2
    assert [one["单元名称"] for one in rows if one["账户名称"] == "张三"] == ["'=1+1"]
    assert "1 rows are of a key that has one already: `laike dedup check" in ended.stderr
    cost = total(table) + 2 * Decimal(str(row["消耗(元)"]))
    assert f"{len(rows)} rows, 消耗 {cost:.2f} 元" in ended.stderr


def test_a_cell_that_is_no_figure_is_told(lab: Lab) -> None:
    lab.table = "text_table_id"
    lab.sync(lab.day)
    table = there(lab)
    record = next(one for one in lab.records() if key_of(one["fields"]) in table)
    lab.control(
        "rows/edit",
        {"table_id": lab.table_id, "record_id": record["record_id"], "fields": {"转化数": "约五"}, "by": "person"},
    )
    assert "1 cells are no figure" in export(lab, "--output", "-").stderr


def test_days_without_rows_make_a_file_with_a_head_and_a_word(lab: Lab) -> None:
    ended = lab.laike("export", "2019-01-01", "2021-01-31", "--format", "xlsx", "--output", "a.xlsx")
    assert ended.returncode == 0, ended.stderr
    assert rows_of_xlsx(lab.home / "a.xlsx") == {"数据": [NAMES]}
    assert "permission" in ended.stderr
    assert "0 rows, 消耗 0.00 元" in ended.stderr


def test_what_is_there_is_not_overwritten(loaded: Lab) -> None:
    mine = loaded.home / "a.csv"
    mine.write_text("precious")
    calls = loaded.calls("records.search")
    assert "exists" in export(loaded, "--output", "a.csv", code=2).stderr
    assert (mine.read_text(), loaded.calls("records.search")) == ("precious", calls)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2026-01-01", "gestern"], "'gestern' is not a day"),
        (["2026-01-02", "2999-01-01"], "is not over yet"),
        (["2019-01-01", "2019-01-02", "--from", "api"], "cannot be loaded"),
        (["2026-01-01", "2026-01-02", "--account", "1"], "unknown account 1"),
        (["2026-01-01", "2026-01-02", "--output", "none/a.csv"], "no folder"),
    ],
)
def test_what_cannot_be_exported_is_wrong_usage(lab: Lab, words: list[str], said: str) -> None:
    ended = lab.laike("export", *words)
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
    assert list(lab.home.glob("*.csv*")) == []


def test_a_reader_that_goes_away_gets_a_sentence_and_no_trace(loaded: Lab) -> None:
    command = [sys.executable, "-m", "cli.main", "export", *span(loaded, 7), "--output", "-"]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), **loaded.environment()}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, cwd=loaded.home, **pipes) as begun:  # type: ignore[call-overload]
        begun.stdout.close()
        said = begun.stderr.read().decode()
    assert begun.returncode == 3
    assert "error: stdout takes no more" in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
