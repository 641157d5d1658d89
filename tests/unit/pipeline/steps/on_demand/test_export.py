import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.clients.feishu.api import Feishu, PageSize
from pipeline.clients.feishu.base import Base
from pipeline.core.causes import cure_of
from pipeline.core.errors import AccountUnavailable, BadResponse, LaikeError
from pipeline.core.model import CHINA, Account, DayRange
from pipeline.core.table import export as core
from pipeline.core.table.cells import midnight_ms
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.export import Block, Line
from pipeline.render.export import csv_rows, jsonl_rows
from pipeline.render.export_xlsx import sheets
from pipeline.steps.on_demand.export import TextWriter, Writer, write_blocks
from pipeline.steps.on_demand.export_source import table_blocks
from tests.unit.pipeline.core.tables import DAY, layout

A_DAY = 100  # rows
NOW = datetime(2026, 2, 2, tzinfo=UTC)
Record = dict[str, Any]


class Table:
    """The search endpoint of a table that has so many rows on each day, made when they are asked for."""

    def __init__(self, contradictions: int = 0) -> None:
        self.searches: list[DayRange] = []
        self.page_size = PageSize()
        self.contradictions = contradictions  # so many searches end with one

    def pages(self, _method: str, _path: str, *, params: Mapping[str, str], json: Record) -> Iterator[Record]:
        """Rows of the days that the filter passes."""
        assert params
        bounds = [int(one["value"][1]) / 1000 for one in json["filter"]["conditions"]]
        after, before = (datetime.fromtimestamp(bound, CHINA).date() for bound in bounds)
        self.searches.append(DayRange(after, before))
        day = after + timedelta(days=1)
        while day < before:
            yield from (record(day, n) for n in range(A_DAY))
            day += timedelta(days=1)
        if len(self.searches) <= self.contradictions:
            raise BadResponse("the total changed")


def record(day: date, n: int) -> Record:
    number = (day - DAY).days * A_DAY + n
    fields = {
        "账户名称": [{"text": f"账户{n % 7}", "type": "text"}],
        "时间": midnight_ms(day, CHINA),
        "单元ID": [{"text": str(7602345678901000000 + number), "type": "text"}],
        "单元名称": [{"text": f"单元{number}", "type": "text"}],
        "消耗(元)": n / 100,
        "转化数": n,
        "转化成本(元)": 1.25,
        "团购线索数": 0,
    }
    return {"record_id": f"rec{number}", "fields": fields}


def blocks_of(table: Table, days: int) -> Iterator[Block]:
    base = Base(cast("Feishu", table), "app", "tbl")
    return table_blocks(lambda: base, layout(), DayRange(DAY, DAY + timedelta(days=days - 1)))


class Lines:
    """A writer that remembers."""

    cut = 0

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.ended = False

    def write(self, lines: Iterable[Line]) -> None:
        self.lines += lines

    def end(self) -> None:
        self.ended = True


def test_every_row_of_the_days_comes_once_in_order_and_none_of_the_days_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "BLOCK_ROWS", 500)
    table, writer, done = Table(), Lines(), list[int]()
    tally = write_blocks(blocks_of(table, 23), writer, done.append)
    assert [line.place for line in writer.lines] == sorted(line.place for line in writer.lines)
    assert len({line.item_id for line in writer.lines}) == len(writer.lines) == tally.rows == 23 * A_DAY
    assert tally.cost == 23 * sum(Decimal(n) for n in range(A_DAY)) / 100
    assert done == [1, 3, 7, 12, 17, 22, 23]  # 1, 2 and 4 days, then 5 with 500 rows
    assert writer.ended


def test_a_block_whose_reading_contradicts_itself_is_read_again_and_comes_once() -> None:
    table, writer = Table(contradictions=2), Lines()
    assert write_blocks(blocks_of(table, 1), writer, lambda _: None).rows == A_DAY
    assert len(table.searches) == 3
    with pytest.raises(BadResponse):
        write_blocks(blocks_of(Table(contradictions=3), 1), writer, lambda _: None)


def peak(kind: str, days: int) -> int:
    """The most memory that an export of so many days takes."""
    with Path("/dev/null").open("wb") if kind != "xlsx" else io.BytesIO() as file:
        made: Any
        if kind == "xlsx":
            made = sheets(file, DEFAULT_COLUMNS, NOW, by_account=True)
        else:
            rows = csv_rows if kind == "csv" else jsonl_rows
            made = nullcontext(TextWriter(file, b"", partial(rows, DEFAULT_COLUMNS)))
        tracemalloc.start()
        with made as writer:
            assert write_blocks(blocks_of(Table(), days), cast("Writer", writer), lambda _: None).rows == days * A_DAY
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_20000_rows_take_no_more_memory_than_5000(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "BLOCK_ROWS", 1000)
    peak(kind, 1)  # what is imported and remembered once
    few, many = peak(kind, 50), peak(kind, 200)
    assert many <= 1.3 * few


def test_where_no_account_could_be_read_it_is_an_error_and_nothing_is_ended() -> None:
    account, writer = Account("1", "北京店"), Lines()
    bad = Block(lines=(), done=1, account=account, trouble=AccountUnavailable("code 40002").trouble())
    with pytest.raises(LaikeError, match="no account could be read: 北京店: code 40002") as caught:
        write_blocks([bad, bad], writer, lambda _: None)
    assert caught.value.what_to_do == cure_of("account_unavailable")
    assert not writer.ended
    good = Block(lines=(), done=2, account=account)  # read, without a row
    assert [one for one, _ in write_blocks([bad, good], writer, lambda _: None).unread] == [account]
    assert writer.ended


def test_text_is_written_block_by_block() -> None:
    file = io.BytesIO()
    writer = TextWriter(file, b"", partial(jsonl_rows, DEFAULT_COLUMNS))
    for block in blocks_of(Table(), 3):
        before = file.tell()
        writer.write(block.lines)
        assert file.tell() > before
    assert len([json.loads(line) for line in file.getvalue().splitlines()]) == 3 * A_DAY
