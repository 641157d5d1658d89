from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import CHINA, Account, FoundRow, Key, ReportRow, WantedRow
from pipeline.core.reports import MATERIAL, PROJECT
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DEFAULT_COLUMNS, TEXT, usual_columns
from pipeline.core.table.duplicates import Conflict, Copy, copies, late_twins, left_alone, resolve, same_as, sorted_out
from pipeline.core.table.layout import Layout, match
from pipeline.core.table.record import Record

DAY = date(2026, 2, 1)
KEY = Key(DAY, "1792000000000000001")
US, THEM = "ou_app", "ou_person"
RUN = 1_000  # when the run began
WANTED = WantedRow(KEY, "18", {"消耗(元)": Decimal("118.36")})


def copy(
    record_id: str, *, by: str = US, ms: int = RUN, cost: str = "118.36", edited: int = 0, **theirs: object
) -> Copy:
    ours = {"消耗(元)": Decimal(cost)}
    row = FoundRow(record_id, DAY, KEY.item_id, "城东店", Decimal(cost), ours, creator=by, created_ms=ms)
    return Copy(row, {"消耗(元)": cost, **theirs}, theirs, edited or ms)


def ids(rows: tuple[Copy, ...]) -> list[str]:
    return [one.row.record_id for one in rows]


def test_of_two_late_twins_the_younger_goes() -> None:
    same = [copy("rec1", ms=RUN + 1), copy("rec2", ms=RUN + 2)]
    assert ids(late_twins(same, WANTED, US, RUN)) == ["rec2"]


def test_the_twin_in_which_a_person_filled_a_cell_stays() -> None:
    same = [copy("rec1", ms=RUN + 1), copy("rec2", ms=RUN + 2, 备注="x")]
    assert ids(late_twins(same, WANTED, US, RUN)) == ["rec1"]


def test_twins_in_both_of_which_people_filled_cells_stay() -> None:
    assert late_twins([copy("rec1", 备注="x"), copy("rec2", 备注="x")], WANTED, US, RUN) == ()


@pytest.mark.parametrize(
    "other",
    [copy("rec2", by=THEM), copy("rec2", ms=RUN - 1), copy("rec2", cost="1.00")],
    ids=["a person's", "older than the run", "other figures"],
)
def test_a_row_that_is_no_twin_neither_goes_nor_lets_the_other_go(other: Copy) -> None:
    assert late_twins([copy("rec1"), other], WANTED, US, RUN) == ()


@st.composite
def copy_of_any_kind(draw: st.DrawFn) -> Copy:
    number = draw(st.integers(0, 10**6))
    notes: list[dict[str, Any]] = [{}, {"备注": "x"}, {"备注": "y"}, {"标记": True}]
    note = draw(st.sampled_from(notes))
    return copy(
        f"rec{number}",
        by=draw(st.sampled_from([US, THEM])),
        ms=draw(st.integers(RUN - 2, RUN + 2)),
        cost=draw(st.sampled_from(["118.36", "1.00"])),
        edited=draw(st.integers(1, 5)),
        **note,
    )


ROWS = st.lists(copy_of_any_kind(), min_size=1, max_size=6, unique_by=lambda one: one.row.record_id)


@given(ROWS)
def test_a_sync_removes_nothing_but_its_own_fresh_untouched_rows_and_never_the_last(same: list[Copy]) -> None:
    gone = late_twins(same, WANTED, US, RUN)
    for one in gone:
        assert (one.row.creator, one.row.created_ms >= RUN, one.theirs) == (US, True, {})
        assert not WANTED.differing(one.row)
    left = [one for one in same if one not in gone]
    assert not gone or any(one.row.creator == US and not WANTED.differing(one.row) for one in left)
    assert late_twins(left, WANTED, US, RUN) == ()


@given(ROWS, st.sampled_from([WANTED, None]))
def test_a_clean_keeps_one_row_and_every_cell_is_kept_taken_over_or_told(
    same: list[Copy], wanted: WantedRow | None
) -> None:
    plan = resolve(KEY, same, wanted)
    assert sorted([plan.keep.row.record_id, *ids(plan.remove)]) == sorted(one.row.record_id for one in same)
    after = {**plan.merge, **plan.keep.theirs}
    assert not plan.merge.keys() & plan.keep.theirs.keys()
    for one in plan.remove:
        for name, value in one.theirs.items():
            assert after[name] == value or Conflict(name, after[name], value) in plan.conflicts
    agreeing = [one for one in same if wanted and not wanted.differing(one.row)]
    assert plan.agrees == bool(agreeing)
    assert plan.keep in (agreeing or same)
    assert all(plan.keep.modified_ms >= one.modified_ms for one in agreeing or same)


def test_a_plan_is_the_one_that_was_agreed_only_if_it_loses_nothing_more() -> None:
    kept, gone, third = copy("rec1", edited=9), copy("rec2", edited=1), copy("rec3", edited=1)
    agreed = resolve(KEY, [kept, gone], WANTED)
    assert same_as(agreed, agreed)
    assert same_as(resolve(KEY, [kept], WANTED), agreed)
    assert not same_as(resolve(KEY, [kept, gone, third], WANTED), agreed)
    assert not same_as(resolve(KEY, [kept, copy("rec2", edited=10)], WANTED), agreed)
    noted = copy("rec1", edited=9, 备注="x")
    assert not same_as(resolve(KEY, [noted, copy("rec2", edited=1, 备注="y")], WANTED), agreed)


def of(item_id: str, *accounts: str, by: str = US) -> list[Copy]:
    rows = [copy(f"rec{n}", by=by) for n, _ in enumerate(accounts)]
    return [
        replace(one, row=replace(one.row, item_id=item_id, account_name=name))
        for one, name in zip(rows, accounts, strict=True)
    ]


@pytest.mark.parametrize(
    ("item_id", "same", "ours", "why"),
    [
        ("合计", of("合计", "城东店", "城东店"), US, "no number"),
        ("１２３", of("１２３", "城东店", "城东店"), US, "no number"),
        ("12.5", of("12.5", "城东店", "城东店"), US, "no number"),
        ("123", of("123", "城东店", "城西店"), US, "城东店, 城西店"),
        ("123", of("123", "城东店", ""), US, "(blank), 城东店"),
        ("123", of("123", "城东店", "城东店"), None, "not known yet"),
        ("123", of("123", "城东店", "城东店", by=THEM), US, "none of them is ours"),
    ],
)
def test_rows_that_may_be_a_person_s_are_left_alone_and_told_why(
    item_id: str, same: list[Copy], ours: str | None, why: str
) -> None:
    left = left_alone(Key(DAY, item_id), same, ours)
    assert left
    assert why in left.why
    assert left.certain == (why == "no number")


def test_what_is_left_alone_is_told_by_the_name_of_what_the_table_is_about() -> None:
    left = left_alone(Key(DAY, "合计"), of("合计", "城东店", "城东店"), US, PROJECT)
    assert left
    assert left.why == "the 项目ID is no number: rows of people"


def test_materials_without_their_account_s_id_are_left_alone() -> None:
    same = of("123", "城东店", "城东店")
    left = left_alone(Key(DAY, "123"), same, US, MATERIAL)
    assert left
    assert (left.certain, "whose 素材" in left.why) == (False, True)
    assert left_alone(Key(DAY, "123", "18"), same, US, MATERIAL) is None


def test_a_material_of_two_accounts_is_no_duplicate_whatever_their_names() -> None:
    columns = usual_columns(MATERIAL)
    fields = [Field(f"fld{n}", column.name, TEXT) for n, column in enumerate(columns)]
    found = match(columns, fields, CHINA, report=MATERIAL)
    cells = {"时间": DAY.isoformat(), "素材ID": "5", "账户名称": "城东店"}
    records = [
        Record(f"rec{n}", {**cells, "账户ID": owner}, US, RUN, RUN) for n, owner in enumerate(("18", "19", "19", ""))
    ]
    same = copies(found, records, {field.name: field.type for field in fields})
    assert {key: ids(rows) for key, rows in same.items()} == {Key(DAY, "5", "19"): ["rec1", "rec2"]}


def test_a_copy_beside_ours_is_a_duplicate() -> None:
    mixed = [*of("123", "城东店"), *of("123", "城东店", by=THEM)]
    assert left_alone(Key(DAY, "123"), mixed, US) is None


def layout() -> tuple[Layout, list[Field]]:
    names = [*(column.name for column in DEFAULT_COLUMNS), "备注"]
    fields = [Field(f"fld{n}", name, TEXT) for n, name in enumerate(names)]
    return match(DEFAULT_COLUMNS, fields, CHINA), fields


def record(record_id: str, item_id: str, **cells: str) -> Record:
    found, _ = layout()
    figures = {column.source: Decimal(1) for column in DEFAULT_COLUMNS}
    row = found.want(ReportRow("18", DAY, item_id, "单元", figures), Account("18", "城东店"))
    fields = {**found.encode(row.cells), **cells}
    texts = {name: [{"type": "text", "text": value}] for name, value in fields.items()}
    return Record(record_id, texts, US, RUN, RUN + 5)


def test_only_keys_with_more_than_one_row_are_found_and_peoples_cells_are_told_from_ours() -> None:
    found, fields = layout()
    records = [record("rec1", "1"), record("rec2", "2"), record("rec3", "1", 备注="x"), record("rec4", "")]
    same = copies(found, records, {field.name: field.type for field in fields})
    ((key, rows),) = same.items()
    assert key == Key(DAY, "1")
    assert ids(rows) == ["rec1", "rec3"]
    assert [one.theirs for one in rows] == [{}, {"备注": "x"}]
    assert rows[0].modified_ms == RUN + 5


def test_rows_to_clean_are_told_from_those_that_are_left_alone() -> None:
    ours, sums = (copy("rec1"), copy("rec2")), (copy("rec3", by=THEM), copy("rec4", by=THEM))
    key, theirs = Key(DAY, "123"), Key(DAY, "合计")
    clean, left = sorted_out({key: ours, theirs: sums}, US)
    assert clean == {key: ours}
    assert [(one.key, one.certain) for one in left] == [(theirs, True)]
