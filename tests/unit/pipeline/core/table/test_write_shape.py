import json
from decimal import Decimal

import pytest

from pipeline.core.table.cells import Field
from pipeline.core.table.write_shape import WRITABLE, writable, write_shape


@pytest.mark.parametrize(
    ("kind", "read", "written"),
    [
        (1, [{"type": "text", "text": "甲"}, {"type": "url", "text": "乙", "link": "https://x"}], "甲乙"),
        (2, Decimal("118.36"), 118.36),
        (2, 5, 5),
        (2, Decimal("5.0"), 5),
        (3, "选项", "选项"),
        (4, ["一", "二"], ["一", "二"]),
        (5, 1770000000000, 1770000000000),
        (7, False, False),
        (11, [{"id": "ou_1", "name": "王", "email": ""}], [{"id": "ou_1"}]),
        (13, "+8610", "+8610"),
        (15, {"text": "t", "link": "https://x"}, {"text": "t", "link": "https://x"}),
        (17, [{"file_token": "box1", "name": "a.png", "size": 1}], [{"file_token": "box1"}]),
        (18, {"link_record_ids": ["rec1"]}, ["rec1"]),
        (21, {"link_record_ids": ["rec1"]}, ["rec1"]),
        (22, {"location": "116.3,40.0", "name": "x"}, "116.3,40.0"),
        (23, [{"id": "oc_1", "name": "群"}], [{"id": "oc_1"}]),
    ],
)
def test_a_cell_is_written_as_its_type_wants_it(kind: int, read: object, written: object) -> None:
    assert write_shape({"a": read}, {"a": kind}) == {"a": written}


@pytest.mark.parametrize("read", [None, "", []])
def test_an_empty_cell_is_left_out(read: object) -> None:
    assert write_shape({"a": read}, {"a": 1, "b": 1}) == {}


def test_columns_that_only_the_table_writes_do_not_count() -> None:
    fields = [Field("f", str(kind), kind) for kind in (1, 19, 20, 24, 1001, 1003, 1005, 3001)]
    assert writable(fields) == {"1": 1}


ODD = [
    Decimal("1e999999"), Decimal("1e400"), Decimal("-1e-999999"), Decimal("0e999999999"), Decimal("0.5"), 5, True, "",
    "昨天", "1_0", {"a": Decimal("1.5")}, [1], [[Decimal("1e400")]], [{"id": {"b": Decimal("0.5")}}], [{"text": None}],
    {"link_record_ids": 5}, {"text": {"a": 1}}, {"location": {}}, [None], "NaN", "Infinity",
]  # fmt: skip


@pytest.mark.parametrize("read", ODD, ids=str)
def test_a_cell_of_any_shape_can_be_kept_whatever_its_column_is(read: object) -> None:
    texts = {kind: json.dumps(write_shape({"a": read}, {"a": kind}), allow_nan=False) for kind in WRITABLE}
    assert {kind: text for kind, text in texts.items() if len(text) >= 1000} == {}


@pytest.mark.parametrize(
    ("kind", "read", "kept"),
    [
        (2, "昨天", "昨天"),
        (2, {"a": Decimal("1.5")}, {"a": 1.5}),
        (2, Decimal("1e999999"), "1E+999999"),
        (4, "一", "一"),
        (5, "昨天", "昨天"),
        (5, [1], [1]),
        (15, "https://x", "https://x"),
        (17, [{"name": "a.png"}], [{"name": "a.png"}]),
    ],
)
def test_a_cell_that_is_not_understood_is_kept_as_it_is(kind: int, read: object, kept: object) -> None:
    assert write_shape({"a": read}, {"a": kind}) == {"a": kept}
