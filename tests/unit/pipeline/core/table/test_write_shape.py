from decimal import Decimal

import pytest

from pipeline.core.table.cells import Field
from pipeline.core.table.write_shape import writable, write_shape


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
