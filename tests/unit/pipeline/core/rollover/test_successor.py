"""What goes along to a successor, and what stays with people."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.errors import ColumnVanished
from pipeline.core.model import CHINA
from pipeline.core.rollover.successor import LeftBehind, left_behind, new_fields
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DEFAULT_COLUMNS, SINGLE_SELECT, Column, Kind
from pipeline.core.table.layout import Layout, match
from tests.unit.pipeline.core.tables import NAMES, fields, layout

Plain = dict[str, Any]
LOOKS = {1: "Text", 2: "Number", 3: "SingleSelect", 5: "DateTime"}
PROPERTIES: dict[int, Plain | None] = {
    1: None,
    2: {"formatter": "0.00"},
    3: {"options": []},
    5: {"date_formatter": "yyyy/MM/dd", "auto_fill": True},
}


def described(our: Layout, **changes: Plain) -> list[Plain]:
    """Our columns as the service lists them, some changed by column name."""
    listed = []
    for place, (name, field) in enumerate(our.fields.items()):
        plain = {
            "field_id": field.id, "field_name": field.name, "type": field.type, "ui_type": LOOKS[field.type],
            "is_primary": place == 0, "is_hidden": False, "property": PROPERTIES[field.type], "description": "",
        }  # fmt: skip
        listed.append(plain | changes.get(name, {}))
    return listed


def sent(**changes: Plain) -> dict[str, Plain]:
    """Fields to create by name, where some columns of a typed table look other."""
    our = layout()
    return {str(one["field_name"]): one for one in new_fields(described(our, **changes), our)}


def test_our_columns_go_along_in_order_in_the_shape_for_a_new_table() -> None:
    our = layout()
    made = new_fields(described(our), our)
    assert [one["field_name"] for one in made] == NAMES
    assert made[0] == {"field_name": "账户名称", "type": 1, "ui_type": "Text"}
    assert made[1] == {
        "field_name": "时间", "type": 5, "ui_type": "DateTime", "property": {"date_formatter": "yyyy/MM/dd"},
    }  # fmt: skip
    assert made[4] == {
        "field_name": "消耗(元)", "type": 2, "ui_type": "Number", "property": {"formatter": "0.00"},
    }  # fmt: skip


def test_an_all_text_table_has_no_property_anywhere() -> None:
    our = layout(typed=False)
    assert all(one.keys() == {"field_name", "type", "ui_type"} for one in new_fields(described(our), our))


def test_columns_of_people_stay_and_the_order_is_that_of_the_table() -> None:
    our = layout()
    theirs = {"field_id": "fldP", "field_name": "备注", "type": 1, "is_primary": False}
    listed = [described(our)[0], theirs, *reversed(described(our)[1:])]
    assert [one["field_name"] for one in new_fields(listed, our)] == [NAMES[0], *reversed(NAMES[1:])]


def test_our_index_column_is_first_wherever_it_is_listed() -> None:
    our = layout()
    listed = described(our, 账户名称={"is_primary": False}, 单元ID={"is_primary": True})
    made = [one["field_name"] for one in new_fields(listed, our)]
    assert made == ["单元ID", "账户名称", "时间", *NAMES[3:]]


def test_where_the_index_column_is_a_persons_one_of_ours_that_may_be_takes_its_place() -> None:
    select = [Field("fld0", "账户名称", SINGLE_SELECT, {"甲": "opt1"}), *fields()[1:]]
    our = match(DEFAULT_COLUMNS, select, CHINA)
    theirs = {"field_id": "fldP", "field_name": "序号", "type": 1005, "is_primary": True}
    listed = [theirs, *described(our, 账户名称={"is_primary": False})]
    assert [one["field_name"] for one in new_fields(listed, our)][:2] == ["时间", "账户名称"]


def test_a_renamed_column_goes_along_under_its_new_name() -> None:
    known = {field.name: field.id for field in fields()}
    renamed = [replace(one, name="花费") if one.name == "消耗(元)" else one for one in fields()]
    our = match(DEFAULT_COLUMNS, renamed, CHINA, known)
    assert "花费" in [one["field_name"] for one in new_fields(described(our), our)]


def test_a_column_that_is_gone_is_named() -> None:
    our = layout()
    with pytest.raises(ColumnVanished, match=r"消耗\(元\)") as error:
        new_fields([one for one in described(our) if one["field_name"] != "消耗(元)"], our)
    assert error.value.what_to_do == "请恢复列：消耗(元)。"


def test_options_go_along_without_ids_each_name_once_however_many() -> None:
    options = [{"id": f"opt{n}", "name": f"门店{n}", "color": n % 55} for n in range(3000)]
    odd = [{"id": "optX", "name": "门店0", "color": 3}, {"id": "optY", "name": " ", "color": 3}, {"id": "optZ"}, "x"]
    bad = [{"id": "optA", "name": "甲", "color": 99}, {"id": "optB", "name": "乙", "color": True}]
    select = {"type": 3, "ui_type": "SingleSelect", "property": {"options": [*options, *odd, *bad]}}
    made = sent(账户名称=select | {"is_primary": False})["账户名称"]
    assert made["ui_type"] == "SingleSelect"
    assert made["property"]["options"] == [
        *({"name": f"门店{n}", "color": n % 55} for n in range(3000)), {"name": "甲"}, {"name": "乙"},
    ]  # fmt: skip


@pytest.mark.parametrize("given", [None, {}, {"options": None}])
def test_a_select_without_options_goes_along_empty(given: Plain | None) -> None:
    select = {"type": 3, "ui_type": "SingleSelect", "property": given, "is_primary": False}
    assert sent(账户名称=select)["账户名称"]["property"] == {"options": []}


@pytest.mark.parametrize("shown", ["0", "0.000", "1,000.00", "%", "¥0.00"])
def test_a_number_keeps_its_format(shown: str) -> None:
    assert sent(转化数={"property": {"formatter": shown}})["转化数"]["property"] == {"formatter": shown}


@pytest.mark.parametrize(("name", "usual"), [("消耗(元)", "0.00"), ("转化数", "0")])
def test_a_number_format_that_is_refused_at_create_becomes_that_of_our_own_new_column(name: str, usual: str) -> None:
    assert sent(**{name: {"property": {"formatter": "0.00000"}}})[name]["property"] == {"formatter": usual}
    assert sent(**{name: {"property": None}})[name]["property"] == {"formatter": usual}


def test_an_amount_keeps_its_currency_and_a_plain_number_gets_none() -> None:
    given = {"formatter": "0.00", "currency_code": "CNY"}
    made = sent(**{"消耗(元)": {"ui_type": "Currency", "property": given}})["消耗(元)"]
    assert (made["ui_type"], made["property"]) == ("Currency", given)
    assert sent(**{"消耗(元)": {"property": given}})["消耗(元)"]["property"] == {"formatter": "0.00"}


def test_a_progress_keeps_its_ends_as_plain_numbers_and_only_its_own_formats() -> None:
    given = {"formatter": "0%", "range_customize": True, "min": Decimal("0.5"), "max": Decimal(200), "rating": {}}
    made = sent(转化数={"ui_type": "Progress", "property": given})["转化数"]
    assert made["ui_type"] == "Progress"
    assert made["property"] == {"formatter": "0%", "range_customize": True, "min": 0.5, "max": 200}
    other = sent(转化数={"ui_type": "Progress", "property": {"formatter": "1,000", "min": "x", "max": 3}})["转化数"]
    assert other["property"] == {"max": 3}
    assert "property" not in sent(转化数={"ui_type": "Progress", "property": None})["转化数"]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"date_formatter": "yyyy-MM-dd HH:mm", "auto_fill": True}, "yyyy-MM-dd HH:mm"),
        ({"date_formatter": "yyyy-MM-dd"}, "yyyy/MM/dd"),  # the page lists it for formulas only
        (None, "yyyy/MM/dd"),
    ],
)
def test_a_day_keeps_its_format_if_it_may_and_never_fills_itself(given: Plain | None, made: str) -> None:
    assert sent(时间={"property": given})["时间"]["property"] == {"date_formatter": made}


def test_a_figure_in_a_text_column_stays_text() -> None:
    text = {"type": 1, "ui_type": "Text", "property": None}
    assert sent(**{"消耗(元)": text})["消耗(元)"] == {"field_name": "消耗(元)", "type": 1, "ui_type": "Text"}


def test_a_ratio_has_the_digits_of_its_column() -> None:
    ratio = Column("点击率", "ctr", Kind.RATIO, 3)
    our = match((*DEFAULT_COLUMNS, ratio), [*fields(), Field("fld8", "点击率", 2)], CHINA)
    made = new_fields(described(our, 点击率={"property": {"formatter": "strange"}}), our)[-1]
    assert made["property"] == {"formatter": "0.000"}


@pytest.mark.parametrize("looks", [None, "", "Strange", 7])
def test_looks_that_the_type_does_not_have_are_left_to_the_service(looks: object) -> None:
    assert "ui_type" not in sent(时间={"ui_type": looks})["时间"]


@pytest.mark.parametrize("words", ["按天", [{"text": "按天"}], {"text": "按天", "disable_sync": True}])
def test_a_description_goes_along_in_whatever_shape_it_is_listed(words: object) -> None:
    assert sent(时间={"description": words})["时间"]["description"] == {"text": "按天"}


@pytest.mark.parametrize("words", ["", None, {"text": ""}, []])
def test_no_description_is_sent_where_there_is_none(words: object) -> None:
    assert "description" not in sent(时间={"description": words})["时间"]


def test_what_is_left_behind_is_named_and_what_is_linked_among_it() -> None:
    our = layout()
    kinds = {"备注": 1, "同比": 20, "来源": 19, "关联": 18, "双向": 21, "状态": 3}
    theirs = [{"field_id": f"fldP{kind}", "field_name": name, "type": kind} for name, kind in kinds.items()]
    found = left_behind([*described(our), *theirs], our)
    assert found == LeftBehind(tuple(kinds), ("同比", "来源", "关联", "双向"))
    assert left_behind(described(our), our) == LeftBehind()
