import json
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import CHINA, Account, AccountDay, Cell, FoundRow, Key, ReportRow, WantedRow, by_key
from pipeline.core.table.cells import Field, midnight_ms
from pipeline.core.table.columns import DATE, DEFAULT_COLUMNS, NUMBER, TEXT
from pipeline.core.table.diff import Causes, Change, Difference, Update, after, causes, changes, diff
from pipeline.core.table.layout import Layout, match
from pipeline.core.table.record import from_wire

DAY = date(2026, 2, 1)


def wanted(item_id: str = "p1", *, day: date = DAY, **cells: Cell) -> WantedRow:
    return WantedRow(Key(day, item_id), "18", cells or {"消耗(元)": Decimal("118.36")})


def found(
    record_id: str,
    item_id: str = "p1",
    *,
    day: date | None = DAY,
    ms: int = 0,
    cells: Mapping[str, Cell] | None = None,
) -> FoundRow:
    return FoundRow(record_id, day, item_id, "青岛店", Decimal(0), cells or {}, created_ms=ms)


def test_a_row_that_is_not_there_is_created() -> None:
    assert diff([wanted()], []) == Difference((wanted(),), (), 0)


def test_a_row_of_another_day_or_another_promotion_does_not_stand_for_it() -> None:
    there = [found("rec1", "p2"), found("rec2", day=date(2026, 2, 2))]
    assert diff([wanted()], there).create == (wanted(),)


def test_a_row_that_is_right_is_left_alone() -> None:
    difference = diff([wanted()], [found("rec1", cells={"消耗(元)": Decimal("118.36")})])
    assert difference == Difference((), (), 1)
    assert difference.empty


def test_a_row_with_an_old_figure_is_updated_in_place() -> None:
    there = found("rec1", cells={"消耗(元)": Decimal("100.00")})
    change = Update("rec1", wanted(), {"消耗(元)": Decimal("100.00")}, {"消耗(元)": Decimal("118.36")})
    assert diff([wanted()], [there]) == Difference((), (change,), 0)


def test_after_a_difference_is_written_nothing_differs_and_no_other_row_has_changed() -> None:
    old, right, theirs = found("rec1"), found("rec2", "p2", cells={"消耗(元)": Decimal("118.36")}), found("rec3", "p3")
    rows = [wanted(), wanted("p2"), wanted("p4")]
    there = after(diff(rows, [old, right, theirs]), [old, right, theirs])
    assert diff(rows, there) == Difference((), (), 3)
    assert there[1:3] == [right, theirs]


def test_only_the_cells_that_changed_are_written() -> None:
    row = wanted(消耗=Decimal(2), 转化数=Decimal(1), 单元名称="新名")
    there = found("rec1", cells={"消耗": Decimal(2), "转化数": Decimal(0), "单元名称": "旧名", "备注": "人写的"})
    (change,) = diff([row], [there]).update
    assert change.new == {"转化数": Decimal(1), "单元名称": "新名"}
    assert change.old == {"转化数": Decimal(0), "单元名称": "旧名"}


def test_an_empty_cell_is_filled_and_was_empty_before() -> None:
    (change,) = diff([wanted()], [found("rec1")]).update
    assert change.old == {"消耗(元)": None}


def test_an_empty_text_is_not_a_change_of_an_absent_one() -> None:
    assert diff([wanted(单元名称="")], [found("rec1")]).empty


def test_a_row_that_the_source_no_longer_returns_is_kept() -> None:
    assert diff([], [found("rec1", cells={"消耗": Decimal(9)})]) == Difference((), (), 0)


@pytest.mark.parametrize(("day", "item_id"), [(None, "p1"), (DAY, ""), (None, "")])
def test_a_person_s_row_without_a_key_is_neither_updated_nor_counted(day: date | None, item_id: str) -> None:
    difference = diff([wanted()], [found("rec1", item_id, day=day)])
    assert difference == Difference((wanted(),), (), 0)


def test_of_several_rows_of_one_key_the_oldest_is_kept_up_to_date() -> None:
    there = [found("recA", ms=30), found("recB", ms=10), found("recC", ms=20)]
    assert [change.record_id for change in diff([wanted()], there).update] == ["recB"]


def test_a_second_row_of_a_key_does_not_hide_that_the_first_is_wrong() -> None:
    there = [found("recNew", ms=2, cells={"消耗(元)": Decimal("118.36")}), found("recOld", ms=1)]
    assert [change.record_id for change in diff([wanted()], there).update] == ["recOld"]


def test_several_rows_of_one_key_count_as_one_unchanged() -> None:
    there = [found(name, cells={"消耗(元)": Decimal("118.36")}) for name in ("recA", "recB")]
    assert diff([wanted()], there) == Difference((), (), 1)


def test_rows_are_created_in_the_order_of_their_keys() -> None:
    rows = [wanted("p2"), wanted("p1", day=date(2026, 2, 2)), wanted("p1"), wanted("p3", day=date(2026, 1, 31))]
    assert [row.key for row in diff(rows, []).create] == [
        Key(date(2026, 1, 31), "p3"),
        Key(date(2026, 2, 1), "p1"),
        Key(date(2026, 2, 1), "p2"),
        Key(date(2026, 2, 2), "p1"),
    ]


def test_nothing_wanted_and_nothing_there_is_no_difference() -> None:
    assert diff([], []).empty


def test_a_row_to_create_is_a_difference() -> None:
    assert not diff([wanted()], []).empty


def test_a_row_to_update_is_a_difference() -> None:
    assert not diff([wanted()], [found("rec1")]).empty


def test_rows_that_can_be_read_only_once_are_enough() -> None:
    there = iter([found("rec1", cells={"消耗(元)": Decimal("118.36")}), found("rec2", "p2")])
    assert diff([wanted(), wanted("p2")], there).unchanged == 1


def test_the_record_of_a_difference_tells_old_and_new_cells_as_text() -> None:
    there = found("rec1", "p2", cells={"消耗(元)": None})
    assert list(changes(diff([wanted("p2"), wanted(时间=DAY, 单元名称=None)], [there]))) == [
        Change(key=Key(DAY, "p1"), account_id="18", created=True, old={}, new={"时间": "2026-02-01", "单元名称": ""}),
        Change(key=Key(DAY, "p2"), account_id="18", created=False, old={"消耗(元)": ""}, new={"消耗(元)": "118.36"}),
    ]


def test_a_row_that_is_right_leaves_no_record() -> None:
    assert list(changes(diff([wanted()], [found("rec1", cells={"消耗(元)": Decimal("118.36")})]))) == []


AT = AccountDay("18", DAY)


def change(*, created: bool = False, day: date = DAY) -> Change:
    return Change(key=Key(day, "p1"), account_id="18", created=created, old={}, new={})


def test_a_change_belongs_to_its_account_and_day() -> None:
    assert change().at == AT


def test_a_day_whose_source_changed_since_it_was_loaded_is_restated() -> None:
    assert causes([change()], {AT: "new"}, {AT: "old"}) == Causes((AT,), 0, 0)


def test_a_day_is_restated_even_where_no_row_had_to_be_changed() -> None:
    assert causes([], {AT: "new"}, {AT: "old"}).restated == (AT,)


def test_rows_that_changed_although_the_source_did_not_were_edited_or_removed_by_hand() -> None:
    done = [change(), change(), change(created=True)]
    assert causes(done, {AT: "same"}, {AT: "same"}) == Causes((), 2, 1)


@pytest.mark.parametrize("source", [{AT: "new"}, {}])
def test_a_day_that_never_was_loaded_is_neither_restated_nor_edited(source: Mapping[AccountDay, str]) -> None:
    assert causes([change(created=True), change()], source, {}) == Causes((), 0, 0)


def test_an_edit_on_one_day_is_not_taken_for_the_restatement_of_another() -> None:
    later, earlier = AccountDay("18", date(2026, 2, 2)), AccountDay("18", date(2026, 1, 31))
    source = {AT: "same", later: "new", earlier: "new"}
    loaded = {AT: "same", later: "old", earlier: "old"}
    done = [change(), change(day=later.day), change(day=earlier.day)]
    assert causes(done, source, loaded) == Causes((earlier, later), 1, 0)


def filled(old: str = "", **more: str) -> Change:
    new = {"消耗(元)": "118.36", **dict.fromkeys(more, "7")}
    return Change(key=Key(DAY, "p1"), account_id="18", created=False, old={"消耗(元)": old, **more}, new=new)


def test_a_cell_that_a_new_column_lacked_was_not_edited_by_hand() -> None:
    done = [filled(), filled(转化数="5"), filled(old="1.00"), change()]
    found = causes(done, {AT: "same"}, {AT: "same"}, lambda at, name: (at, name) == (AT, "消耗(元)"))
    assert found == Causes((), 3, 0, {"消耗(元)": 2})


def test_cells_of_a_new_column_are_counted_also_where_the_source_moved() -> None:
    found = causes([filled()], {AT: "new"}, {AT: "old"}, lambda _at, _name: True)
    assert found == Causes((AT,), 0, 0, {"消耗(元)": 1})


# From here on: random reports against random tables, over the wire both ways.

ACCOUNT = Account("18", "青岛店")
DAYS = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)]
PROMOTIONS = ["7600000000000000001", "7600000000000000002", "7600000000000000003"]
TYPES = {"typed": (TEXT, DATE, TEXT, TEXT, NUMBER, NUMBER, NUMBER, NUMBER), "all text": (TEXT,) * 8}
LAYOUTS = {
    name: match(
        DEFAULT_COLUMNS,
        [Field(f"fld{n}", c.name, t) for n, (c, t) in enumerate(zip(DEFAULT_COLUMNS, types, strict=True))],
        CHINA,
    )
    for name, types in TYPES.items()
}
Stored = dict[str, Any]


@dataclass
class Case:
    """A table with its records as stored, and what the source says."""

    layout: Layout
    records: list[Stored]
    wanted: list[WantedRow]

    def read(self) -> list[FoundRow]:
        """The rows as a search gives them: text in segments, fractions parsed exactly."""
        return [self.layout.decode(from_wire(_as_read(record))) for record in self.records]

    def difference(self) -> Difference:
        return diff(self.wanted, self.read())

    def apply(self, difference: Difference) -> None:
        """Carry out the writes as the service does: creation makes new records, an update touches named cells."""
        at = {record["record_id"]: record for record in self.records}
        for change in difference.update:
            at[change.record_id]["fields"].update(self.layout.encode(change.new))
        for number, row in enumerate(difference.create):
            cells = self.layout.encode(row.cells)
            self.records.append({"record_id": f"new{number}", "fields": cells, "created_time": 10**6 + number})


def _as_read(record: Stored) -> Stored:
    cells = {
        name: [{"text": value, "type": "text"}] if isinstance(value, str) and value else value
        for name, value in record["fields"].items()
        if value not in (None, "")
    }
    back: Stored = json.loads(json.dumps(record | {"fields": cells}), parse_float=Decimal)
    return back


yuan = st.integers(0, 10**7).map(lambda fen: Decimal(fen) / 100)
counts = st.integers(0, 50).map(Decimal)
metrics = st.fixed_dictionaries(
    {"stat_cost": yuan, "convert_cnt": counts, "conversion_cost": yuan, "clue_pay_order_cnt": counts}
)


@st.composite
def reports(draw: st.DrawFn) -> list[ReportRow]:
    keys = draw(st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(PROMOTIONS)), unique=True, max_size=9))
    names = st.sampled_from(["团购", "团购-周末", ""])
    return [ReportRow("18", day, number, draw(names), draw(metrics)) for day, number in keys]


@st.composite
def record_in(draw: st.DrawFn, layout: Layout, known: Sequence[WantedRow], number: int) -> Stored:
    """A row of ours as it should be, with cells stale, emptied or scribbled over; or a person's own."""
    cells: dict[str, object] = {}
    if known and draw(st.integers(0, 3)) > 0:
        cells = layout.encode(draw(st.sampled_from(known)).cells)
    for name in draw(st.sets(st.sampled_from([c.name for c in layout.columns]), max_size=3)):
        kind = layout.fields[name].type
        if kind == TEXT:
            cells[name] = draw(st.sampled_from([None, "", "1,234.50", "5", "2026/2/1", "?", PROMOTIONS[0]]))
        elif kind == NUMBER:
            cells[name] = draw(st.sampled_from([None, 0, 5, 1234.5, 0.1]))
        else:
            cells[name] = draw(st.sampled_from([None, *(midnight_ms(day, layout.time_zone) for day in DAYS)]))
    remark = draw(st.sampled_from([{}, {"备注": "人写的"}]))
    return {"record_id": f"rec{number}", "fields": cells | remark, "created_time": draw(st.integers(0, 3))}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    layout = LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))]
    rows = [layout.want(row, ACCOUNT) for row in draw(reports())]
    size = draw(st.integers(0, 8))
    records = [draw(record_in(layout, rows, number)) for number in range(size)]
    return Case(layout, records, rows)


@given(cases())
def test_after_applying_the_difference_a_second_difference_is_empty(case: Case) -> None:
    case.apply(case.difference())
    assert case.difference() == Difference((), (), len(case.wanted))


@given(cases())
def test_each_wanted_key_is_there_afterwards_and_was_made_only_where_it_was_missing(case: Case) -> None:
    before = Counter(row.key for row in case.read() if row.key)
    case.apply(case.difference())
    after = Counter(row.key for row in case.read() if row.key)
    assert after == before | Counter(row.key for row in case.wanted)  # at least once, and never one more


@given(cases())
def test_the_oldest_row_of_each_wanted_key_holds_the_source_s_figures(case: Case) -> None:
    case.apply(case.difference())
    there = by_key(case.read())
    for row in case.wanted:
        oldest = there[row.key][0]
        assert {name: oldest.cells[name] or "" for name in row.cells} == {n: v or "" for n, v in row.cells.items()}


@given(cases())
def test_foreign_rows_and_cells_are_untouched(case: Case) -> None:
    before = deepcopy(case.records)
    oldest = {rows[0].record_id for rows in by_key(case.read()).values()}
    keys = {row.record_id: row.key for row in case.read()}
    mine = {row.key for row in case.wanted}
    ours = {column.name for column in case.layout.columns}
    case.apply(case.difference())
    for old, new in zip(before, case.records, strict=False):
        others = {name: value for name, value in new["fields"].items() if name not in ours}
        assert others == {name: value for name, value in old["fields"].items() if name not in ours}
        if old["record_id"] not in oldest or keys[old["record_id"]] not in mine:
            assert new == old


@given(cases())
def test_no_record_is_taken_away(case: Case) -> None:
    before = [one["record_id"] for one in case.records]
    case.apply(case.difference())
    assert [one["record_id"] for one in case.records][: len(before)] == before


@given(cases())
def test_each_wanted_row_is_created_updated_or_unchanged(case: Case) -> None:
    difference = case.difference()
    written = [row.key for row in difference.create] + [change.row.key for change in difference.update]
    assert len(written) == len(set(written))
    assert len(written) + difference.unchanged == len(case.wanted)
    assert difference.empty == (not written)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_does_not_matter(case: Case, random: Random) -> None:
    rows = case.read()
    random.shuffle(rows)
    assert diff(case.wanted, rows) == case.difference()


@given(cases())
def test_the_old_figures_are_those_that_the_table_held(case: Case) -> None:
    before: Mapping[str, FoundRow] = {row.record_id: row for row in case.read()}
    for change in case.difference().update:
        assert change.old.keys() == change.new.keys()
        assert all(before[change.record_id].cells[name] == value for name, value in change.old.items())
        assert all(change.row.cells[name] == value for name, value in change.new.items())
        assert all((change.old[name] or "") != (change.new[name] or "") for name in change.new if change.new[name] != 0)


@given(reports())
def test_the_same_report_makes_the_same_rows_in_a_typed_and_in_a_text_table(rows: list[ReportRow]) -> None:
    ends = []
    for layout in LAYOUTS.values():
        case = Case(layout, [], [layout.want(row, ACCOUNT) for row in rows])
        case.apply(case.difference())
        ends.append([row.cells for row in case.read()])
    assert ends[0] == ends[1]
