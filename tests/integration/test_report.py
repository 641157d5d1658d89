"""`laike report`: a page whose numbers are the table's, that needs nothing else, and says what it lacks."""

import json
import re
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.lab import Lab


@pytest.fixture
def loaded(lab: Lab) -> Lab:
    """A lab with a week in its table."""
    lab.sync()
    return lab


def made(lab: Lab, path: Path, *more: str) -> tuple[int, str, "subprocess.CompletedProcess[str]"]:
    """Exit code, the page of the last week, and the command as it ended."""
    start = lab.day - timedelta(days=6)
    ended = lab.laike("report", start.isoformat(), lab.day.isoformat(), "--output", str(path), *more)
    return ended.returncode, path.read_text("utf-8") if path.exists() else "", ended


def number(page: str, name: str) -> Decimal:
    """A figure of the page's head."""
    (found,) = re.findall(rf'id="{name}">([^<]+)<', page)
    return Decimal(found.replace(",", ""))


def test_its_numbers_are_those_of_the_table(loaded: Lab, tmp_path: Path) -> None:
    code, page, ended = made(loaded, tmp_path / "page.html", "--json")
    rows = [record["fields"] for record in loaded.records() if record["fields"].get("时间")]  # a person's too
    cost = sum((Decimal(str(row.get("消耗(元)", 0))) for row in rows), Decimal(0))
    assert (code, number(page, "cost")) == (0, cost)
    assert number(page, "rows") == len(rows)
    assert number(page, "conversions") == sum(int(row.get("转化数", 0)) for row in rows)
    document = json.loads(ended.stdout)
    assert (document["rows"], document["cost"], document["days_not_whole"]) == (len(rows), str(cost), 0)
    assert "数据不完整" not in page


def test_it_needs_nothing_from_elsewhere_and_runs_no_script(loaded: Lab, tmp_path: Path) -> None:
    _, page, _ = made(loaded, tmp_path / "page.html")
    assert page.count("<svg") == 4
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"|url\((?!#)|@import', page)


def test_what_others_called_their_promotions_is_text_and_no_markup(loaded: Lab, tmp_path: Path) -> None:
    record = [record for record in loaded.records() if record["fields"].get("单元ID")][-1]
    fields = {"单元名称": "<script>alert(1)</script>", "消耗(元)": 9_999_999}
    edit = {"table_id": loaded.table_id, "record_id": record["record_id"], "fields": fields, "by": "person"}
    loaded.control("rows/edit", edit)
    _, page, _ = made(loaded, tmp_path / "page.html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_days_that_are_missing_are_said_in_the_head_and_by_the_exit_code(lab: Lab, tmp_path: Path) -> None:
    lab.sync(lab.day)
    code, page, ended = made(lab, tmp_path / "page.html")
    assert (code, "数据不完整" in page) == (1, True)
    assert f"{6 * len(lab.accounts)} 个账户日未入库或不完整" in page
    assert f"{6 * len(lab.accounts)} account day(s) are not whole" in ended.stderr


def test_one_account_can_be_told_alone_and_the_group_hears_of_it(loaded: Lab, tmp_path: Path) -> None:
    chosen = loaded.accounts[1]
    code, page, _ = made(loaded, tmp_path / "page.html", "--account", chosen, "--send")
    assert code == 0
    name = loaded.facts["accounts"][chosen]
    rows = [row for rows in loaded.loaded().values() for row in rows if row["账户名称"] == name]
    assert number(page, "rows") == len(rows)
    card = json.dumps(loaded.look("state")["messages"][-1], ensure_ascii=False)
    assert "投放报告" in card
    assert str(tmp_path / "page.html") in card


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("2026-02-30", "2026-03-01"), "is not a day"),
        (("2026-02-03", "2026-02-01"), "ends before it starts"),
        (("2026-02-01", "2099-01-01"), "2099-01-01"),
    ],
)
def test_wrong_days_are_refused(lab: Lab, words: tuple[str, str], says: str) -> None:
    ended = lab.laike("report", *words)
    assert (ended.returncode, says in ended.stderr) == (2, True)


def test_a_file_that_cannot_be_written_is_said(loaded: Lab, tmp_path: Path) -> None:
    code, _, ended = made(loaded, tmp_path / "no" / "page.html")
    assert (code, "cannot be written" in ended.stderr) == (2, True)
