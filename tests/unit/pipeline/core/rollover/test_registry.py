"""数据表清单: its rows as they are written, the chains that are read from them, and where memory and rows disagree."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.model import CHINA
from pipeline.core.rollover.registry import (
    ANNOUNCED,
    FIELDS,
    IN_USE,
    REPLACED,
    Chains,
    disagreement,
    made_meanwhile,
    place,
    places,
    read_chains,
    row_cells,
    state_of,
    with_rows,
)
from pipeline.core.table.cells import midnight_ms
from pipeline.core.table.record import Record
from tests.hostile import TEXTS

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)
ZONES = (CHINA, ZoneInfo("UTC"), ZoneInfo("America/New_York"))
HEAD = PhysicalTable("tblA", None, "单元日报", "rec1")
SECOND = PhysicalTable("tblB", JUNE, "单元日报 2026-06", "rec2")
THIRD = PhysicalTable("tblC", JULY, "单元日报 2026-07", "rec3")
COMING = PhysicalTable("", AUGUST, "单元日报 2026-08", "rec4")


def record(table: PhysicalTable, root: str = "tblA", made: int = 0, zone: ZoneInfo = CHINA) -> Record:
    cells = row_cells(table, root=root, state="使用中", rows=5, link="https://f.example/base/x?table=1", zone=zone)
    return Record(table.record_id, cells, created_ms=made)


def read(*records: Record) -> Chains:
    return read_chains(records, CHINA, "tblR")


def chain_of(*records: Record) -> Chain:
    return read(*records)["tblA"]


def changed(one: Record, **cells: object) -> Record:
    """The row after a person changed cells; `None` clears one."""
    kept = {**one.cells, **cells}
    return replace(one, cells={name: value for name, value in kept.items() if value is not None})


def test_a_row_is_written_with_what_is_known() -> None:
    link = "https://f.example/base/x?table=tblB"
    cells = row_cells(SECOND, root="tblA", state=IN_USE, rows=0, link=link, zone=CHINA)
    assert cells == {
        "名称": "单元日报 2026-06", "表ID": "tblB", "链接": {"text": "单元日报 2026-06", "link": link},
        "报表": "单元日报", "起始日": midnight_ms(JUNE, CHINA), "行数": 0, "状态": "使用中", "首表ID": "tblA",
    }  # fmt: skip
    assert cells.keys() == {one["field_name"] for one in FIELDS}


def test_what_is_not_known_is_left_out_so_that_an_update_leaves_it() -> None:
    first = row_cells(HEAD, root="tblA", state=REPLACED, rows=None, link=None, zone=CHINA)
    assert first.keys() == {"名称", "表ID", "报表", "状态", "首表ID"}
    assert "表ID" not in row_cells(COMING, root="tblA", state=ANNOUNCED, rows=None, link=None, zone=CHINA)


def test_the_index_column_is_one_that_may_be_and_links_have_no_property() -> None:
    assert FIELDS[0]["type"] == 1
    assert [dict(one) for one in FIELDS if one["type"] == 15] == [{"field_name": "链接", "type": 15}]


def test_the_newest_table_is_in_use_those_before_are_replaced() -> None:
    chain = Chain((HEAD, SECOND), COMING)
    assert [state_of(chain, one) for one in (HEAD, SECOND, COMING)] == [REPLACED, IN_USE, ANNOUNCED]


def test_tables_are_read_by_first_day_with_the_announced_one_behind() -> None:
    chain = chain_of(record(COMING), record(THIRD), record(HEAD), record(SECOND))
    assert chain == Chain((HEAD, SECOND, THIRD), COMING, "tblR")


days = st.dates(date(2001, 1, 1), date(2090, 1, 1))


@st.composite
def chains(draw: st.DrawFn, root: str = "tblA") -> Chain:
    """A chain with names that people may choose, and perhaps an announced table."""
    firsts = sorted(draw(st.sets(days, min_size=1, max_size=5)))
    names = [draw(TEXTS).strip() for _ in range(len(firsts) + 1)]
    tables = [PhysicalTable(root, None, names[0], f"rec{root}0")]
    tables += [PhysicalTable(f"{root}{n}", day, names[n], f"rec{root}{n}") for n, day in enumerate(firsts, 1)]
    announced = replace(tables.pop(), table_id="") if draw(st.booleans()) else None
    return Chain(tuple(tables), announced, "tblR")


def records_of(chain: Chain, zone: ZoneInfo) -> list[Record]:
    every = [*chain.tables, *([chain.announced] if chain.announced else [])]
    return [record(one, chain.root, zone=zone) for one in every]


@given(chains(), chains("tblX"), st.sampled_from(ZONES), st.randoms())
def test_chains_come_back_as_they_were_written_in_any_zone_and_order(
    one: Chain, other: Chain, zone: ZoneInfo, chance: st.DataObject
) -> None:
    rows = records_of(one, zone) + records_of(other, zone)
    chance.shuffle(rows)  # type: ignore[attr-defined]
    found = read_chains(rows, zone, "tblR")
    assert found == {"tblA": one, "tblX": other}
    assert found.broken == {}
    assert disagreement(one, found["tblA"]) is None


@given(chains(), st.data())
def test_a_later_copy_of_any_row_changes_nothing(chain: Chain, data: st.DataObject) -> None:
    rows = records_of(chain, CHINA)
    one = data.draw(st.sampled_from(rows))
    copies = [
        replace(one, record_id="recCopy", created_ms=9),
        changed(replace(one, record_id="recZ", created_ms=9), 名称="副本"),
    ]
    assert read(*copies, *rows) == {"tblA": chain}


cells_of_people = st.none() | TEXTS | st.integers() | st.lists(st.fixed_dictionaries({"text": TEXTS})) | st.booleans()
rows_of_people = st.builds(
    Record,
    record_id=TEXTS.map(lambda text: f"recP{text}"),
    cells=st.dictionaries(st.sampled_from([str(one["field_name"]) for one in FIELDS] + ["备注"]), cells_of_people),
    created_ms=st.integers(0, 9),
)


@given(chains(), st.lists(rows_of_people, max_size=4))
def test_rows_of_people_never_change_our_chain_unless_they_name_it(chain: Chain, people: list[Record]) -> None:
    found = read(*people, *records_of(chain, CHINA))
    assert found["tblA"] == chain
    assert all(disagreement(chain, found[root]) for root in found if root != "tblA")


def test_of_two_tables_of_one_day_the_older_row_wins_and_by_id_where_they_are_as_old() -> None:
    rival = replace(SECOND, table_id="tblZ", record_id="rec0")
    assert chain_of(record(HEAD), record(SECOND, made=5), record(rival, made=6)).tables == (HEAD, SECOND)
    assert chain_of(record(HEAD), record(SECOND, made=5), record(rival, made=5)).tables == (HEAD, rival)
    assert read(record(HEAD), record(SECOND, made=5), record(rival, made=6)).broken == {}


def test_a_made_table_beats_an_older_announcement_of_its_day() -> None:
    older = replace(SECOND, table_id="", record_id="rec0")
    assert chain_of(record(older, made=1), record(HEAD), record(SECOND, made=9)) == Chain((HEAD, SECOND), None, "tblR")


def test_of_announcements_the_latest_day_behind_the_last_table_counts_and_its_oldest_row() -> None:
    earlier, past = replace(COMING, first=JULY, record_id="rec5"), replace(COMING, first=JUNE, record_id="rec6")
    copy = replace(COMING, record_id="rec7")
    rows = [record(one, made=made) for made, one in enumerate((HEAD, SECOND, past, COMING, earlier, copy))]
    assert chain_of(*rows).announced == COMING


@pytest.mark.parametrize(
    "cells",
    [
        {"首表ID": None},
        {"首表ID": " "},
        {"表ID": None, "起始日": None},
        {"表ID": "", "起始日": "明天"},
        {"表ID": None, "起始日": 10**30},
    ],
)
def test_a_row_that_names_no_table_and_no_day_is_a_persons(cells: Mapping[str, object]) -> None:
    assert chain_of(record(HEAD), changed(record(COMING), **cells)) == Chain((HEAD,), None, "tblR")
    assert read(record(HEAD), changed(record(COMING), **cells)).broken == {}


def test_a_first_day_in_the_first_tables_row_is_no_lower_bound() -> None:
    assert chain_of(changed(record(HEAD), 起始日=midnight_ms(JUNE, CHINA)), record(SECOND)).tables == (HEAD, SECOND)


def test_a_day_and_ids_in_text_cells_count_as_well() -> None:
    texts = {"起始日": [{"text": "2026/06/01"}], "表ID": [{"text": " tblB "}], "首表ID": [{"text": "tblA"}]}
    assert chain_of(record(HEAD), changed(record(SECOND), **texts)).tables == (HEAD, SECOND)


def test_without_the_first_tables_row_the_chain_is_whole_and_it_is_said() -> None:
    found = read(record(SECOND), record(COMING))
    assert found["tblA"] == Chain((PhysicalTable("tblA"), SECOND), COMING, "tblR")
    assert found.broken == {"tblA": "the first table tblA has no row in 数据表清单"}
    assert disagreement(Chain((HEAD, SECOND)), found["tblA"]) == "tblA has no row in 数据表清单"


def test_a_table_without_a_first_day_is_missing_and_it_is_said() -> None:
    found = read(record(HEAD), changed(record(SECOND), 起始日=None))
    assert found["tblA"].tables == (HEAD,)
    assert found.broken == {"tblA": "the row of tblB in 数据表清单 has no first day"}


def test_two_first_days_of_one_table_are_said_and_the_older_row_counts() -> None:
    later = replace(SECOND, first=JULY, record_id="rec9")
    found = read(record(HEAD), record(later, made=9), record(SECOND, made=1))
    assert found["tblA"].tables == (HEAD, SECOND)
    assert found.broken == {"tblA": "数据表清单 has two first days of tblB: 2026-06-01, 2026-07-01"}


def test_what_is_broken_in_one_chain_leaves_the_others() -> None:
    others = [record(replace(HEAD, table_id="tblX", record_id="recX"), "tblX")]
    found = read(*others, changed(record(SECOND), 起始日=None))
    assert found.broken.keys() == {"tblA"}
    assert found.of("tblX") == found["tblX"]


def test_a_chain_is_found_by_any_of_its_tables() -> None:
    found = read(record(HEAD), record(SECOND))
    assert found.of("tblB") is found["tblA"]
    assert found.of("tblQ") is None


REMEMBERED = Chain((HEAD, SECOND), COMING, "tblR")


@pytest.mark.parametrize(
    ("registered", "said"),
    [
        (None, "数据表清单 has no row of tblA, tblB"),
        (Chain((HEAD,), COMING), "tblB has no row in 数据表清单"),
        (Chain((HEAD, SECOND, THIRD), COMING), "数据表清单 has tblC, which is not remembered"),
        (
            Chain((HEAD, replace(SECOND, first=JULY)), COMING),
            "tblB is remembered from 2026-06-01 on, 数据表清单 has it from 2026-07-01 on",
        ),
        (
            Chain((SECOND, HEAD), COMING),
            "the order is remembered as tblA, tblB, 数据表清单 has tblB, tblA",
        ),
        (
            Chain((HEAD, THIRD), COMING),
            "tblB has no row in 数据表清单; 数据表清单 has tblC, which is not remembered",
        ),
    ],
)
def test_a_disagreement_is_said_with_the_tables_that_it_is_about(registered: Chain | None, said: str) -> None:
    assert disagreement(REMEMBERED, registered) == said


@pytest.mark.parametrize("announced", [None, replace(COMING, first=AUGUST + timedelta(days=31)), COMING])
def test_names_and_announcements_are_no_disagreement(announced: PhysicalTable | None) -> None:
    renamed = Chain((replace(HEAD, name="改过的名字"), replace(SECOND, record_id="recOther")), announced, "tblR")
    assert disagreement(REMEMBERED, renamed) is None


def test_a_successor_that_is_registered_and_not_remembered_is_the_announced_one() -> None:
    made = PhysicalTable("tblC", AUGUST, "单元日报 2026-08", "rec4")
    assert made_meanwhile(REMEMBERED, Chain((HEAD, SECOND, made))) == made
    assert disagreement(REMEMBERED.with_successor(made), Chain((HEAD, SECOND, made))) is None
    for other in (None, REMEMBERED, Chain((HEAD, SECOND, THIRD)), Chain((HEAD, THIRD, made))):
        assert made_meanwhile(REMEMBERED, other) is None
    assert made_meanwhile(replace(REMEMBERED, announced=None), Chain((HEAD, SECOND, made))) is None


def test_rows_are_found_again_by_id_or_by_the_announced_day_the_oldest_first() -> None:
    copy = replace(SECOND, record_id="rec0")
    rows = [record(copy, made=9), *(record(one) for one in (HEAD, SECOND, COMING)), record(THIRD, "tblX")]
    assert places(rows, "tblA", CHINA) == {"tblA": "rec1", "tblB": "rec2", "2026-08-01": "rec4"}
    assert [place(one) for one in (HEAD, COMING)] == ["tblA", "2026-08-01"]


def test_a_made_table_without_a_row_takes_that_of_its_announcement() -> None:
    chain = Chain((HEAD, replace(THIRD, first=AUGUST)), replace(COMING, first=AUGUST + timedelta(days=31)))
    found = with_rows(chain, {"tblA": "recA", "2026-08-01": "rec4"})
    assert [one.record_id for one in found.tables] == ["recA", "rec4"]
    assert found.announced
    assert found.announced.record_id == ""
