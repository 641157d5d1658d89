import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import TableMismatch
from pipeline.core.model import CHINA, Account, Cell, DayRange, FoundRow, Key, ReportRow
from pipeline.core.reports import ACCOUNT, MATERIAL, REPORTS, Report
from pipeline.core.table.cells import Field, midnight_ms, plain_text
from pipeline.core.table.columns import (
    DATE,
    DEFAULT_COLUMNS,
    NUMBER,
    SINGLE_SELECT,
    TEXT,
    Column,
    Kind,
    metrics_of,
    usual_columns,
)
from pipeline.core.table.layout import Layout, match, missing_columns
from pipeline.core.table.record import Record
from tests.unit.pipeline.core.tables import DAY, ID, NAMES, fields, layout, select_layout


def over_the_wire(value: dict[str, object]) -> dict[str, object]:
    """Cells as the client hands it over after the service stored it: JSON, its fractions parsed exactly."""
    back: dict[str, object] = json.loads(json.dumps(value), parse_float=Decimal)
    return back


def stored(at: Layout, cells: Mapping[str, Cell]) -> FoundRow:
    """Cells written and read back."""
    return at.decode(Record("rec1", over_the_wire(at.encode(cells))))


def read(name: str, raw: object, *, typed: bool = False) -> Cell:
    return layout(typed=typed).decode(Record("rec1", {name: raw})).cells[name]


def report(**metrics: str) -> ReportRow:
    figures = {"stat_cost": "118.36", "convert_cnt": "2", "conversion_cost": "59.18", "clue_pay_order_cnt": "0"}
    return ReportRow("18", DAY, ID, "团购-周末", {k: Decimal(v) for k, v in (figures | metrics).items()})


both = pytest.mark.parametrize("typed", [True, False], ids=["typed", "all text"])


def test_the_default_columns_are_those_of_the_existing_table() -> None:
    assert [column.name for column in DEFAULT_COLUMNS] == NAMES
    assert [column.source for column in DEFAULT_COLUMNS[4:]] == [
        "stat_cost",
        "convert_cnt",
        "conversion_cost",
        "clue_pay_order_cnt",
    ]


@both
def test_each_column_finds_the_field_of_its_name(typed: bool) -> None:  # noqa: FBT001
    at = layout(typed=typed)
    assert {name: field.id for name, field in at.fields.items()} == {name: f"fld{n}" for n, name in enumerate(NAMES)}


def test_the_order_of_the_fields_and_a_person_s_columns_do_not_matter() -> None:
    assert (
        match(DEFAULT_COLUMNS, list(reversed(fields(other={"备注": TEXT, "负责人": 11}))), CHINA).fields
        == layout().fields
    )


def test_a_missing_column_is_named_with_the_nearest_name_and_the_cure() -> None:
    renamed = [Field("fld4", "消耗（元）", NUMBER) if f.name == "消耗(元)" else f for f in fields()]
    with pytest.raises(TableMismatch) as caught:
        match(DEFAULT_COLUMNS, renamed, CHINA)
    assert caught.value.message == "the table has no column '消耗(元)'; the nearest is '消耗（元）'"
    assert caught.value.what_to_do == "找不到“消耗(元)”列：请把“消耗（元）”改名为“消耗(元)”（文本或数字类型）。"


def test_a_missing_column_without_a_near_name_is_to_be_made() -> None:
    with pytest.raises(TableMismatch) as caught:
        match(DEFAULT_COLUMNS, [f for f in fields(other={"备注": TEXT}) if f.name != "时间"], CHINA)
    assert caught.value.message == "the table has no column '时间'"
    assert caught.value.what_to_do == "找不到“时间”列：可能已被删除，请恢复或新建该列（文本或日期类型）。"


def test_a_column_of_ours_is_never_proposed_as_the_one_to_rename() -> None:
    with pytest.raises(TableMismatch) as caught:
        match(DEFAULT_COLUMNS, [f for f in fields() if f.name != "单元名称"], CHINA)
    assert "改名" not in caught.value.what_to_do


def test_every_column_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(TableMismatch) as caught:
        match(DEFAULT_COLUMNS, [f for f in fields(other={"单元ID": NUMBER}) if f.name != "转化数"], CHINA)
    assert "'转化数'" in caught.value.message
    assert "'单元ID'" in caught.value.message
    assert caught.value.what_to_do.count("。") == 2


def test_an_id_in_a_number_field_is_refused_because_it_would_lose_digits() -> None:
    with pytest.raises(TableMismatch) as caught:
        match(DEFAULT_COLUMNS, fields(other={"单元ID": NUMBER}), CHINA)
    assert caught.value.message == "column '单元ID' is of field type 2 (数字), which cannot hold id"
    assert caught.value.what_to_do == "“单元ID”列是数字类型，请改为文本。"


REFUSED = [
    ("账户名称", NUMBER),
    ("账户名称", 4),
    ("时间", NUMBER),
    ("时间", SINGLE_SELECT),
    ("单元ID", SINGLE_SELECT),
    ("单元ID", DATE),
    ("消耗(元)", DATE),
    ("消耗(元)", 20),
    ("转化数", SINGLE_SELECT),
    ("转化成本(元)", 99),
]


@pytest.mark.parametrize(("name", "kind"), REFUSED)
def test_a_field_that_cannot_hold_its_column_is_refused(name: str, kind: int) -> None:
    with pytest.raises(TableMismatch, match=f"field type {kind} "):
        match(DEFAULT_COLUMNS, fields(other={name: kind}), CHINA)


@pytest.mark.parametrize("name", ["账户名称", "单元名称"])
def test_a_name_may_be_a_single_select(name: str) -> None:
    at = match(DEFAULT_COLUMNS, fields(other={name: SINGLE_SELECT}), CHINA)
    assert stored(at, {name: "青岛店"}).cells[name] == "青岛店"


def test_a_typed_table_gets_numbers_and_midnight_in_milliseconds() -> None:
    at = layout()
    assert at.encode(at.want(report(), Account("18", "青岛店")).cells) == {
        "账户名称": "青岛店",
        "时间": 1769875200000,  # 2026-01-31T16:00Z
        "单元ID": ID,
        "单元名称": "团购-周末",
        "消耗(元)": 118.36,
        "转化数": 2,
        "转化成本(元)": 59.18,
        "团购线索数": 0,
    }


def test_an_all_text_table_gets_text_only() -> None:
    at = layout(typed=False)
    assert at.encode(at.want(report(stat_cost="118.3"), Account("18", "青岛店")).cells) == {
        "账户名称": "青岛店",
        "时间": "2026-02-01",
        "单元ID": ID,
        "单元名称": "团购-周末",
        "消耗(元)": "118.30",
        "转化数": "2",
        "转化成本(元)": "59.18",
        "团购线索数": "0",
    }


def test_only_the_cells_that_are_given_are_written() -> None:
    assert layout().encode({"转化数": Decimal(3)}) == {"转化数": 3}


@both
def test_an_empty_cell_is_written_as_null_and_not_as_the_word_none(typed: bool) -> None:  # noqa: FBT001
    assert layout(typed=typed).encode(dict.fromkeys(NAMES)) == dict.fromkeys(NAMES)


def test_a_wanted_row_has_the_key_the_account_and_a_cell_for_each_column() -> None:
    row = layout().want(report(), Account("18", "青岛店 (0018)"))
    assert (row.key, row.account_id) == (Key(DAY, ID), "18")
    assert list(row.cells) == NAMES
    assert row.cells["账户名称"] == "青岛店 (0018)"
    assert row.cells["转化成本(元)"] == Decimal("59.18")


def test_a_metric_that_the_source_did_not_report_stays_empty() -> None:
    row = ReportRow("18", DAY, ID, "团购", {"stat_cost": Decimal(1)})
    assert layout().want(row, Account("18", "青岛店")).cells["转化数"] is None


@pytest.mark.parametrize(
    ("kind", "value", "rounded"),
    [
        (Kind.MONEY, "59.1849", "59.18"),
        (Kind.MONEY, "59.186", "59.19"),
        (Kind.COUNT, "2.0", "2"),
        (Kind.RATIO, "0.12344", "0.1234"),
        (Kind.RATIO, "0.12346", "0.1235"),
    ],
)
def test_a_figure_is_compared_at_the_precision_of_its_column(kind: Kind, value: str, rounded: str) -> None:
    assert str(Column("x", "x", kind).canonical(Decimal(value))) == rounded


def test_what_is_not_a_figure_is_compared_as_it_is() -> None:
    column = Column("x", "x", Kind.MONEY)
    assert [column.canonical(value) for value in ("59.1849", DAY, None)] == ["59.1849", DAY, None]


@pytest.mark.parametrize(
    ("raw", "figure"),
    [
        ("118.36", "118.36"),
        (" 118.36 ", "118.36"),
        ("1,234,567.80", "1234567.8"),
        ([{"text": "118", "type": "text"}, {"text": ".36", "type": "text"}], "118.36"),
        (118, "118"),
        (Decimal("118.36"), "118.36"),
        ("-5", "-5"),
        ("0", "0"),
    ],
)
def test_a_figure_is_read_whatever_shape_it_comes_in(raw: object, figure: str) -> None:
    assert read("消耗(元)", raw) == Decimal(figure)


@pytest.mark.parametrize("raw", ["", "-", "无", "118.36元", "NaN", "Infinity", "-inf", "sNaN", [], [{"type": "text"}]])
def test_what_is_not_a_figure_is_read_as_an_empty_cell(raw: object) -> None:
    assert read("消耗(元)", raw) is None


@pytest.mark.parametrize("raw", ["1e30", "9" * 40, 10**30])
def test_a_figure_too_large_to_be_one_does_not_stop_the_reading(raw: object) -> None:
    assert layout().decode(Record("rec1", {"消耗(元)": raw})).record_id == "rec1"


@pytest.mark.parametrize(
    "raw",
    [
        "2026-02-01",
        "2026-2-1",
        "2026/02/01",
        "2026.2.1",
        "2026年2月1日",
        " 2026-02-01 ",
        "2026-02-01 00:00:00",
        "2026-02-01T00:00:00Z",
        [{"text": "2026-02-01", "type": "text"}],
    ],
)
def test_a_day_is_read_in_the_ways_in_which_people_write_it(raw: object) -> None:
    assert read("时间", raw) == DAY


@pytest.mark.parametrize(
    "raw", ["", "昨天", "2026-02-30", "2026-13-01", "0000-01-01", "02-01", "20260201", "2026-02-011"]
)
def test_what_is_not_a_day_is_read_as_an_empty_cell(raw: str) -> None:
    assert read("时间", raw) is None


def test_a_day_beyond_the_calendar_does_not_stop_the_reading() -> None:
    assert read("时间", 10**18, typed=True) is None


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Shanghai", date(2026, 2, 1)), ("UTC", date(2026, 1, 31)), ("America/New_York", date(2026, 1, 31))],
)
def test_a_date_is_read_in_the_zone_of_the_base(zone: str, day: date) -> None:
    at = layout(zone=ZoneInfo(zone))
    assert at.decode(Record("rec1", {"时间": 1769875200000})).day == day  # 2026-01-31T16:00Z


def test_a_date_with_a_time_of_day_is_still_that_day() -> None:
    assert read("时间", 1769875200000 + 86399999, typed=True) == DAY  # midnight + 23:59:59.999


def test_a_record_is_decoded_with_its_key_its_cost_and_its_creator() -> None:
    raw = {"时间": "2026-02-01", "单元ID": ID, "账户名称": "青岛店", "消耗(元)": "118.36", "备注": "x"}
    row = layout(typed=False).decode(Record("recZ", raw, "ou_1", 1769900000000))
    assert (row.record_id, row.key, row.account_name) == ("recZ", Key(DAY, ID), "青岛店")
    assert (row.cost, row.creator, row.created_ms) == (Decimal("118.36"), "ou_1", 1769900000000)
    assert row.cells["单元名称"] is None
    assert "备注" not in row.cells


def test_a_record_without_cells_is_a_row_without_a_key() -> None:
    row = layout().decode(Record("r", {}))
    assert row == FoundRow("r", None, "", "", Decimal(0), dict.fromkeys(NAMES))
    assert row.key is None


def test_an_unreadable_cost_counts_as_zero_but_not_as_a_figure() -> None:
    row = layout(typed=False).decode(Record("r", {"消耗(元)": "很多"}))
    assert row.cost == Decimal(0)
    assert row.cells["消耗(元)"] is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("abc", "abc"),
        ([{"text": "a", "type": "text"}, {"text": "b", "type": "url", "link": "https://b"}], "ab"),
        (["a", "b"], "ab"),
        ([{"type": "mention"}], ""),
        (7602345678901234567, ID),
        ([], ""),
    ],
)
def test_text_is_read_from_strings_segments_and_numbers(raw: object, text: str) -> None:
    assert plain_text(raw) == text


yuan = st.integers(-(10**6), 10**12).map(lambda fen: Decimal(fen) / 100)  # to ten thousand million 元
figures = st.fixed_dictionaries(
    {
        "消耗(元)": yuan,
        "转化成本(元)": yuan,
        "转化数": st.integers(0, 10**9).map(Decimal),
        "团购线索数": st.integers(0, 10**9).map(Decimal),
    }
)
zones = st.sampled_from(["Asia/Shanghai", "UTC", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu"]).map(
    ZoneInfo
)


@given(figures, st.booleans())
def test_figures_survive_being_written_and_read_back(cells: Mapping[str, Decimal], typed: bool) -> None:  # noqa: FBT001
    back = stored(layout(typed=typed), cells)
    assert {name: back.cells[name] for name in cells} == cells
    assert back.cost == cells["消耗(元)"]


@given(st.dates(date(2018, 1, 1), date(2035, 1, 1)), zones, st.booleans())
def test_days_survive_being_written_and_read_back_in_any_zone(day: date, zone: ZoneInfo, typed: bool) -> None:  # noqa: FBT001
    assert stored(layout(typed=typed, zone=zone), {"时间": day}).day == day


@given(st.integers(10**18, 10**19 - 1).map(str), st.text(st.characters(codec="utf-8"), max_size=30), st.booleans())
def test_ids_and_names_survive_to_the_last_sign(number: str, name: str, typed: bool) -> None:  # noqa: FBT001
    back = stored(layout(typed=typed), {"单元ID": number, "单元名称": name, "账户名称": name})
    assert (back.item_id, back.cells["单元名称"], back.account_name) == (number, name, name)


segments = st.lists(st.fixed_dictionaries({"text": st.text(max_size=5)}), max_size=3)
typed_by_people = st.one_of(st.none(), st.text(max_size=12), segments, st.integers(-(10**9), 10**9), st.booleans())


@given(st.dictionaries(st.sampled_from(NAMES), typed_by_people), st.booleans())
def test_whatever_a_person_typed_the_row_can_be_read(raw: Mapping[str, Any], typed: bool) -> None:  # noqa: FBT001
    row = layout(typed=typed).decode(Record("rec1", raw))
    assert list(row.cells) == NAMES
    assert all(isinstance(row.cells[name], Decimal | None) for name in NAMES[4:])
    assert isinstance(row.day, date | None)


def test_midnight_is_that_of_the_base() -> None:
    assert midnight_ms(DAY, ZoneInfo("UTC")) == int(datetime(2026, 2, 1, tzinfo=UTC).timestamp()) * 1000
    assert midnight_ms(DAY, CHINA) == midnight_ms(DAY, ZoneInfo("UTC")) - 8 * 3600 * 1000


def test_a_view_of_a_text_column_filters_on_the_name() -> None:
    assert layout().view_conditions(Account("18", '青岛"店"')) == (("fld0", '["青岛\\"店\\""]'),)


def test_a_view_of_a_single_select_filters_on_the_option_s_id() -> None:
    by_id, by_name = ("fldA", '["optA"]'), ("fldA", '["青岛店"]')  # the name where the service does not take the id
    assert select_layout({"青岛店": "optA"}).view_conditions(Account("18", "青岛店")) == (by_id, by_name)


def test_there_is_no_view_filter_while_the_select_lacks_the_option() -> None:
    assert select_layout({"济南店": "optB"}).view_conditions(Account("18", "青岛店")) == ()


def test_a_table_that_we_make_ourselves_fits_each_column_and_keeps_ids_as_text() -> None:
    made = [column.new_field for column in DEFAULT_COLUMNS]
    there = [Field(f"fld{place}", str(one["field_name"]), int(str(one["type"]))) for place, one in enumerate(made)]
    layout = match(DEFAULT_COLUMNS, there, CHINA)
    assert layout.fields["单元ID"].type == TEXT
    assert [column.type_name for column in DEFAULT_COLUMNS][:5] == ["文本", "日期", "文本", "文本", "数字"]


RENAMED = [
    Field("fld4", "花费", NUMBER) if field.name == "消耗(元)" else field for field in fields(other={"备注": TEXT})
]


def test_a_column_that_is_not_there_by_its_name_is_followed_by_the_id_that_is_known() -> None:
    at = match(DEFAULT_COLUMNS, RENAMED, CHINA, {"消耗(元)": "fld4"})
    assert at.renamed == {"消耗(元)": "花费"}
    assert at.encode({"消耗(元)": Decimal("1.5")}) == {"花费": 1.5}
    assert at.decode(Record("r", {"花费": 1.5})).cost == Decimal("1.5")
    assert at.field_names[4] == "花费"


def test_a_renamed_day_is_searched_for_by_its_name_of_now() -> None:
    at = match(
        DEFAULT_COLUMNS,
        [Field("fld1", "哪天", DATE) if f.name == "时间" else f for f in fields()],
        CHINA,
        {"时间": "fld1"},
    )
    (search,) = at.day_filters(DayRange(DAY, DAY))
    assert "哪天" in json.dumps(search, ensure_ascii=False)
    assert "时间" not in json.dumps(search, ensure_ascii=False)


def test_a_field_of_the_column_s_own_name_is_taken_before_the_one_that_is_known() -> None:
    at = match(DEFAULT_COLUMNS, [*RENAMED, Field("fld99", "消耗(元)", NUMBER)], CHINA, {"消耗(元)": "fld4"})
    assert (at.fields["消耗(元)"].id, at.renamed) == ("fld99", {})


def test_a_known_field_that_has_the_name_of_another_column_of_ours_is_not_taken_for_two() -> None:
    swapped = [
        Field("fld4", "转化数", NUMBER) if field.name == "消耗(元)" else field
        for field in fields()
        if field.name != "转化数"
    ]
    with pytest.raises(TableMismatch, match="no column '消耗"):
        match(DEFAULT_COLUMNS, swapped, CHINA, {"消耗(元)": "fld4", "转化数": "fld5"})


def test_a_known_field_that_is_gone_too_is_a_missing_column() -> None:
    with pytest.raises(TableMismatch, match="no column '消耗"):
        match(DEFAULT_COLUMNS, RENAMED, CHINA, {"消耗(元)": "fld77"})


def test_a_followed_field_must_hold_the_column_too() -> None:
    renamed = [Field("fld4", "花费", DATE) if field.id == "fld4" else field for field in RENAMED]
    with pytest.raises(TableMismatch) as caught:
        match(DEFAULT_COLUMNS, renamed, CHINA, {"消耗(元)": "fld4"})
    assert caught.value.what_to_do == "“花费”列是日期类型，请改为文本或数字。"


def test_a_layout_finds_its_fields_again_whatever_they_are_called_by_now() -> None:
    assert layout().again(RENAMED).renamed == {"消耗(元)": "花费"}


def test_a_view_filters_on_the_account_s_id_first_where_there_is_a_column_for_it() -> None:
    columns = (*DEFAULT_COLUMNS, Column("账户ID", "account_id", Kind.ID))
    at = match(columns, fields(other={"账户ID": TEXT}), CHINA)
    assert at.view_conditions(Account("18", "青岛店")) == (("fld8", '["18"]'), ("fld0", '["青岛店"]'))
    assert at.account_fields == {"fld0", "fld8"}


def test_a_row_that_no_cell_can_hold_says_which_column() -> None:
    at = layout()
    assert at.unfit(at.want(report(), Account("18", "店"))) == ""
    assert at.unfit(at.want(report(), Account("18", "店" * 100_001))) == "too long or too large for a cell: 账户名称"


def test_a_column_is_missing_where_neither_its_name_nor_the_field_it_was_known_under_is_there() -> None:
    assert [one.name for one in missing_columns(DEFAULT_COLUMNS, RENAMED, {})] == ["消耗(元)"]
    assert missing_columns(DEFAULT_COLUMNS, RENAMED, {"消耗(元)": "fld4"}) == ()
    assert missing_columns(DEFAULT_COLUMNS, fields(), {}) == ()


def layout_of(report: Report, *, typed: bool) -> Layout:
    """The usual columns of a report, as the set-up makes them or all text."""
    columns = usual_columns(report)
    kinds = [cast("int", one.new_field["type"]) if typed else TEXT for one in columns]
    there = [Field(f"fld{n}", one.name, kind) for n, (one, kind) in enumerate(zip(columns, kinds, strict=True))]
    return match(columns, there, CHINA, report=report)


def told_of(at: Layout, item_id: str) -> ReportRow:
    """What a report says of an item of the account 18."""
    owner = "18" if at.about.within_account else ""
    figures = {name: Decimal("7.5") for name in metrics_of(at.columns)}
    return ReportRow("18", DAY, item_id, "" if at.about.about_account else "门店探店", figures, owner)


@both
@pytest.mark.parametrize("report", REPORTS.values(), ids=[*REPORTS])
def test_a_row_of_each_report_comes_back_as_it_was_written(typed: bool, report: Report) -> None:  # noqa: FBT001
    at = layout_of(report, typed=typed)
    assert at.about is report
    row = at.want(told_of(at, "18" if report.about_account else ID), Account("18", "城东店"))
    found = stored(at, row.cells)
    assert (found.key, found.account_name, found.cost) == (row.key, "城东店", Decimal("7.5"))
    assert row.differing(found) == ()
    assert at.again(list(at.fields.values())) == at


def test_a_material_is_a_row_of_its_account() -> None:
    at = layout_of(MATERIAL, typed=True)
    row = at.want(told_of(at, ID), Account("18", "城东店"))
    assert row.key == Key(DAY, ID, "18")
    assert (row.cells["账户ID"], row.cells["素材ID"], row.cells["素材名称"]) == ("18", ID, "门店探店")
    assert stored(at, {**row.cells, "账户ID": "19"}).key == Key(DAY, ID, "19")
    assert stored(at, {**row.cells, "账户ID": ""}).key == Key(DAY, ID)  # a person's: it is no account's row


def test_an_account_is_its_own_item() -> None:
    at = layout_of(ACCOUNT, typed=True)
    row = at.want(told_of(at, "18"), Account("18", "城东店"))
    assert row.key == Key(DAY, "18")
    assert (row.cells["账户ID"], row.cells["账户名称"]) == ("18", "城东店")
    assert at.account_fields == {"fld0", "fld2"}
