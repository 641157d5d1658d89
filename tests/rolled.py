"""What must hold of a base whose table got successors, seen from outside: the emulator's tables against its source.

Nothing of the product is asked: which table a day belongs to is read off 数据表清单, as a person would read it.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from pipeline.core.model import Key
from tests.lab import FIGURES, Lab, Plain, day_of, key_of

REGISTRY, STATUS = "数据表清单", "同步状态"
IN_USE, REPLACED, ANNOUNCED = "使用中", "已换新", "预告"
OURS = {"单元ID", "时间", "账户名称", "单元名称", *FIGURES}
KEPT_ROWS = 0.97  # of a table: the rest is kept for late rows


@dataclass(frozen=True)
class Row:
    """A row of 数据表清单."""

    name: str
    table_id: str
    first: date | None
    state: str
    root: str
    rows: int | None


def registry(lab: Lab) -> list[Row]:
    """The rows of 数据表清单; none without such a table."""
    ids = [table["table_id"] for table in lab.look("state")["tables"] if table["name"] == REGISTRY]
    return [_row(record["fields"]) for table_id in ids for record in lab.records(table_id)]


def _row(cells: Plain) -> Row:
    first = cells.get("起始日")
    return Row(
        name=str(cells["名称"]),
        table_id=str(cells.get("表ID") or ""),
        first=day_of(first) if first else None,
        state=str(cells["状态"]),
        root=str(cells["首表ID"]),
        rows=cells.get("行数"),
    )


def chain(lab: Lab) -> list[Row]:
    """The rows of our tables, the oldest first; the announced successor is not one."""
    ours = [row for row in registry(lab) if row.root == lab.table_id and row.table_id]
    return sorted(ours, key=lambda row: row.first or date.min)


def announced(lab: Lab) -> Row | None:
    """The successor that is foretold, where there is one."""
    told = [row for row in registry(lab) if row.root == lab.table_id and row.state == ANNOUNCED]
    assert len(told) <= 1, told
    return told[0] if told else None


def holder(tables: list[Row], root: str, day: date) -> str:
    """The id of the table that holds a day; the first table has no lower bound."""
    begun = [row.table_id for row in tables if row.first is None or row.first <= day]
    return begun[-1] if begun else root


def data_tables(lab: Lab) -> dict[str, list[Plain]]:
    """The records of every table of the base that has our columns, by its id: of ours and of anybody's."""
    tables = lab.look("state")["tables"]
    like_ours = [one for one in tables if {field["field_name"] for field in one["fields"]} >= OURS]
    return {str(one["table_id"]): lab.records(one["table_id"]) for one in like_ours}


def problems(lab: Lab, first: date, last: date, accounts: Collection[str] = ()) -> Iterator[str]:
    """What does not hold of some days: a key twice, in the wrong table, with other figures, missing, or of nobody.

    Args:
        accounts: Those that are judged, by id; without, all.
    """
    names = {number: name for number, name in lab.facts["accounts"].items() if not accounts or number in accounts}
    there: dict[Key, list[tuple[str, Plain]]] = {}
    for table_id, records in data_tables(lab).items():
        for cells in (record["fields"] for record in records):
            key = key_of(cells)
            if key and first <= key.day <= last and (not accounts or cells.get("账户名称") in names.values()):
                there.setdefault(key, []).append((table_id, cells))
    rows = lab.source(first, last).items()
    tables, source = chain(lab), {key: row for key, row in rows if str(row["local_account_id"]) in names}
    assert source
    yield from (f"{key} is in the source no more, or never was" for key in there.keys() - source.keys())
    for key, row in source.items():
        placed = there.get(key, [])
        if len(placed) != 1:
            yield f"{key} is there {len(placed)} times: {[table_id for table_id, _ in placed]}"
            continue
        (table_id, cells), wanted = placed[0], holder(tables, lab.table_id, key.day)
        if table_id != wanted:
            yield f"{key} is in {table_id} and belongs to {wanted}"
        texts = (cells.get("账户名称"), cells.get("单元名称"))
        if texts != (names[str(row["local_account_id"])], row["promotion_name"]):
            yield f"{key} says {texts}"
        for column, metric in FIGURES.items():
            if Decimal(str(cells.get(column))) != Decimal(str(row[metric] or 0)):
                yield f"{key} has {cells.get(column)} as {column}, the source {row[metric]}"


def assert_each_key_is_once_in_its_table(lab: Lab, first: date, last: date, accounts: Collection[str] = ()) -> None:
    """Every key of these days is in one table of the base, in the right one, once, with the source's figures."""
    found = list(problems(lab, first, last, accounts))
    assert not found, "\n".join([f"{len(found)} problems", *found[:12], *map(str, registry(lab))])


def assert_registry_is_whole(lab: Lab) -> None:
    """数据表清单 has one row for each of our tables, says which is in use, and no table is ours without a row."""
    tables = chain(lab)
    state = {table["table_id"]: table for table in lab.look("state")["tables"]}
    assert Counter(table["name"] for table in state.values())[REGISTRY] <= 1
    assert len({row.table_id for row in tables}) == len(tables), tables
    assert [row for row in tables if row.table_id not in state] == []
    if tables:
        assert (tables[0].table_id, tables[0].first) == (lab.table_id, None), tables
        assert [row.state for row in tables] == [REPLACED] * (len(tables) - 1) + [IN_USE], tables
        bounds = [row.first for row in tables[1:] if row.first]
        assert len(bounds) == len(tables) - 1
        assert all(earlier < later for earlier, later in pairwise(bounds)), tables
    if told := announced(lab):
        assert not told.table_id
        assert told.first
        assert all(row.first < told.first for row in tables if row.first), (tables, told)
    known = {row.table_id for row in tables} | {lab.table_id}
    strays = [one for one, records in data_tables(lab).items() if one not in known and _keyed(records)]
    assert not strays, f"rows of ours in {strays}"


def _keyed(records: list[Plain]) -> int:
    return sum(key_of(record["fields"]) is not None for record in records)


def rows_of(lab: Lab) -> dict[str, set[str]]:
    """The record ids of each table, those of 同步状态 and 数据表清单 left out: there we write over our own rows."""
    tables = lab.look("state")["tables"]
    return {
        str(one["table_id"]): {record["record_id"] for record in lab.records(one["table_id"])}
        for one in tables
        if one["name"] not in (REGISTRY, STATUS)
    }


def assert_no_row_is_gone(lab: Lab, before: dict[str, set[str]]) -> None:
    """Every row that was there is there, in its table; a table that is gone was deleted by who asks."""
    after = rows_of(lab)
    gone = {table_id: rows - after[table_id] for table_id, rows in before.items() if table_id in after}
    assert not any(gone.values()), gone


def assert_never_full(lab: Lab, cap: int) -> None:
    """A table that was left for its successor has the room that is kept for late rows."""
    filled = {one: _keyed(records) for one, records in data_tables(lab).items()}
    assert all(rows <= cap * KEPT_ROWS for rows in filled.values()), filled


def around(day: date, days: int = 7) -> tuple[date, date]:
    """The days around a boundary: as many before it as from it on."""
    return day - timedelta(days=days), day + timedelta(days=days - 1)
