"""Texts of others in files that people open: a page, a csv, an Excel file."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given

from pipeline.core.model import Account
from pipeline.core.outcome import DayState
from pipeline.render.export import FORMULA_SIGNS, csv_head, csv_rows
from pipeline.render.export_xlsx import sheets
from pipeline.render.report import page
from tests.hostile import TEXTS, unseen
from tests.unit.pipeline.core.telling.test_report import report, row, summed
from tests.unit.pipeline.render.exported import COLUMNS, NAMES, line
from tests.unit.pipeline.render.test_report import Seen

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)


def reported(text: str) -> str:
    name = f"店{text}"
    made = report(summed(row(name=name, account=name), row("200", "0", unit="u2", name=name)), a1_0=DayState.FAILED)
    grid = {Account("1", name): next(iter(made.grid.values()))}
    restated = (replace(made.restated[0], account=name, run_id=name),)
    return page(replace(made, grid=grid, restated=restated))


@given(TEXTS)
def test_no_text_of_others_is_obeyed_by_a_browser(text: str) -> None:
    made = reported(text)
    assert made.encode()
    assert [mark for mark in unseen(made) if mark not in "\n\t"] == []
    seen, plain = Seen(made), Seen(reported("甲"))
    assert (seen.tags, seen.addresses, seen.handlers) == (plain.tags, plain.addresses, [])


@given(TEXTS)
def test_every_field_of_a_csv_is_quoted_and_none_is_a_formula(text: str) -> None:
    one = line({"account_name": text, "promotion_name": f"{text}x", "promotion_id": text})
    content = (csv_head(COLUMNS) + csv_rows(COLUMNS, [one])).decode("utf-8-sig")
    head, values = csv.reader(io.StringIO(content, newline=""), strict=True)
    assert (head, len(values)) == (NAMES, len(NAMES))
    assert [value for value in values if value.lstrip()[:1] in FORMULA_SIGNS] == []
    assert content.startswith('"')
    assert content.endswith('"\r\n')
    assert re.fullmatch(r'"([^"]|"")*"(,"([^"]|"")*")*', content.split("\r\n")[0])
    assert content.count('","') >= 2 * len(NAMES) - 2


@given(TEXTS)
def test_an_excel_file_of_hostile_texts_has_no_formula_and_no_link(text: str) -> None:
    file = io.BytesIO()
    with sheets(file, COLUMNS, NOW, by_account=True) as book:
        book.write([line({"account_name": text, "promotion_name": text, "promotion_id": text})])
        book.end()
    parts = zipfile.ZipFile(file)
    said = [parts.read(name).decode() for name in parts.namelist() if "sheet1" in name]
    assert said
    assert not any("<f>" in one or "hyperlink" in one for one in said)
