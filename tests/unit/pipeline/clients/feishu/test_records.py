from decimal import Decimal

import pytest

from pipeline.clients.feishu.api import PageSize
from pipeline.clients.feishu.codes import AnswerTooLarge
from pipeline.clients.feishu.records import WRITE_BATCH, Records
from pipeline.core.errors import BadResponse, Retryable, RowVanished
from pipeline.core.table.record import Record
from tests.unit.pipeline.clients.feishu.test_api import Auth, api
from tests.unit.pipeline.clients.feishu.test_codes import says
from tests.unit.pipeline.clients.stub import Call, Plain, data

PATH = "/open-apis/bitable/v1/apps/bas1/tables/tbl1/records"
FILTER = {"conjunction": "and", "conditions": [{"field_name": "时间", "operator": "is", "value": ["x"]}]}


def records(http: Auth) -> Records:
    return Records(api(http), "bas1", "tbl1")


def only(http: Auth) -> Call:
    (call,) = http.calls
    return call


def test_a_search_sends_exactly_what_is_documented() -> None:
    http = Auth(data(items=[{"record_id": "rec1"}], has_more=False, total=1))
    assert list(records(http).search(FILTER, ("时间", "单元ID"))) == [Record("rec1", {})]
    call = only(http)
    assert (call.method, call.path, call.params) == ("POST", f"{PATH}/search", {"page_size": "500"})
    assert call.json == {"field_names": ["时间", "单元ID"], "automatic_fields": True, "filter": FILTER}


@pytest.mark.parametrize("filter_", [None, {}])
def test_a_search_of_everything_sends_no_filter(filter_: Plain | None) -> None:
    http = Auth(data(items=[], has_more=False, total=0))
    assert list(records(http).search(filter_, ["a"])) == []
    assert only(http).json == {"field_names": ["a"], "automatic_fields": True}


@pytest.mark.parametrize("item", [{}, {"record_id": None}, {"record_id": 7}, {"record_id": "rec1", "fields": ["甲"]}])
def test_a_record_without_an_id_or_with_cells_of_another_shape_is_an_error(item: Plain) -> None:
    with pytest.raises(BadResponse, match=r"(record_id|fields)$"):
        list(records(Auth(data(items=[item], has_more=False, total=1))).search(None, []))


def test_a_record_that_comes_twice_is_an_error() -> None:
    first, second = {"record_id": "rec1"}, {"record_id": "rec2"}
    pages = [
        data(items=[first, second], has_more=True, page_token="p", total=3),
        data(items=[second], has_more=False, total=3),
    ]
    with pytest.raises(BadResponse, match="twice"):
        list(records(Auth(*pages)).search(None, []))


def test_the_count_is_one_small_search() -> None:
    http = Auth(data(items=[{"record_id": "rec1"}], has_more=True, page_token="p", total=1234))
    assert records(http).count() == 1234
    call = only(http)
    assert (call.method, call.path, call.params) == ("POST", f"{PATH}/search", {"page_size": "1"})
    assert call.json == {"automatic_fields": False}


@pytest.mark.parametrize("answer", [{}, {"total": None}, {"total": "7"}])
def test_a_count_without_a_total_is_an_error(answer: Plain) -> None:
    with pytest.raises(BadResponse, match="no total"):
        records(Auth(data(**answer))).count()


def test_records_are_created_under_a_client_token() -> None:
    http = Auth(data(records=[{"record_id": "rec1", "fields": {}}, {"record_id": "rec2"}]))
    records(http).batch_create([{"a": 1}, {"a": 2}], "uuid-1")
    call = only(http)
    assert (call.method, call.path, call.params) == ("POST", f"{PATH}/batch_create", {"client_token": "uuid-1"})
    assert call.json == {"records": [{"fields": {"a": 1}}, {"fields": {"a": 2}}]}


@pytest.mark.parametrize("answer", [{"records": [{"fields": {}}]}, {"records": [{"record_id": None}]}])
def test_a_created_record_without_an_id_is_an_error(answer: Plain) -> None:
    with pytest.raises(BadResponse):
        records(Auth(data(**answer))).batch_create([{"a": 1}], "uuid-1")


ROWS: list[Plain] = [
    {"店": "城东店", "日": 1769875200000, "消耗": 0.0, "因": None},
    {"店": "城西店", "日": 1769875200000},
]
ECHOES = {
    "as sent": [{"店": "城东店", "日": 1769875200000, "消耗": Decimal("0.0")}, {"店": "城西店", "日": 1769875200000}],
    "as read": [
        {"店": [{"type": "text", "text": "城东店"}], "日": 1769875200000, "消耗": 0},
        {"店": [{"type": "text", "text": "城"}, {"type": "text", "text": "西店"}], "日": 1769875200000, "因": ""},
    ],
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
def test_the_ids_of_created_records_come_as_the_rows_stand_whatever_their_order(
    echo: list[Plain],
    backwards: bool,  # noqa: FBT001 a table
) -> None:
    made = [{"record_id": f"rec{number}", "fields": fields} for number, fields in enumerate(echo)]
    answer = data(records=made[::-1] if backwards else made)
    assert records(Auth(answer)).batch_create(ROWS, "t").ids == ["rec0", "rec1"]


UNTOLD = {
    "ids alone": [{"record_id": "rec0"}, {"record_id": "rec1"}],
    "null fields": [{"record_id": "rec0", "fields": None}, {"record_id": "rec1", "fields": None}],
    "other cells": [{"record_id": "rec0", "fields": {"a": 1}}, {"record_id": "rec1", "fields": {"a": 2}}],
    "one too few": [{"record_id": "rec0", "fields": ROWS[0]}],
    "one twice": [{"record_id": "rec0", "fields": ROWS[0]}, {"record_id": "rec1", "fields": ROWS[0]}],
}


@pytest.mark.parametrize("made", UNTOLD.values(), ids=UNTOLD.keys())
def test_where_the_answer_does_not_show_which_is_which_no_id_is_known(made: list[Plain]) -> None:
    assert records(Auth(data(records=made))).batch_create(ROWS, "t").ids == []


def test_after_a_page_that_was_too_large_smaller_ones_are_asked_for() -> None:
    http = Auth(says(1254030), says(1254030), data(items=[], has_more=False, total=0))
    mine = records(http)
    for _ in range(2):
        with pytest.raises(AnswerTooLarge):
            list(mine.search(None, []))
    assert list(mine.search(None, [])) == []
    assert [(call.params or {})["page_size"] for call in http.calls] == ["500", "100", "20"]


def test_pages_do_not_shrink_for_ever() -> None:
    size = PageSize()
    for _ in range(9):
        size.refused()
    assert size.now == 20


def test_a_change_sends_the_changed_cells_only() -> None:
    http = Auth(data(records=[]))
    records(http).batch_update([("rec1", {"a": 1}), ("rec2", {"b": None})])
    call = only(http)
    assert (call.method, call.path, call.params) == ("POST", f"{PATH}/batch_update", None)
    assert call.json == {
        "records": [{"record_id": "rec1", "fields": {"a": 1}}, {"record_id": "rec2", "fields": {"b": None}}]
    }


def test_a_record_that_a_person_deleted_is_told_and_not_sent_again() -> None:
    http = Auth(says(1254043))
    with pytest.raises(RowVanished):
        records(http).batch_update([("rec1", {"a": 1})])
    assert len(http.calls) == 1


def test_creating_and_changing_are_writes_and_searching_is_a_read() -> None:
    asked: list[str] = []
    http = Auth(data(items=[], records=[], has_more=False, total=0))
    mine = Records(api(http, lambda: asked.append("write")), "bas1", "tbl1")
    list(mine.search(None, []))
    mine.count()
    assert asked == []
    mine.batch_create([{}], "t")
    mine.batch_update([])
    assert asked == ["write", "write"]


@pytest.mark.parametrize("act", [lambda one: one.batch_create([{}], "t"), lambda one: one.batch_update([("r", {})])])
def test_a_write_with_an_unknown_end_is_not_sent_again(act: "object") -> None:
    http = Auth(says(1255040))
    assert callable(act)
    with pytest.raises(Retryable) as caught:
        act(records(http))
    assert caught.value.effect_possible
    assert len(http.calls) == 1


def test_a_batch_holds_as_many_records_as_the_pages_of_now_allow() -> None:
    assert WRITE_BATCH == 1000


def test_a_search_without_names_asks_for_every_field() -> None:
    http = Auth(data(items=[], has_more=False, total=0))
    assert list(records(http).search(FILTER, [])) == []
    assert only(http).json == {"automatic_fields": True, "filter": FILTER}


def test_records_are_deleted_by_their_ids() -> None:
    http = Auth(data(records=[{"record_id": "rec1", "deleted": True}]))
    records(http).batch_delete(["rec1"])
    call = only(http)
    assert (call.method, call.path, call.json) == ("POST", f"{PATH}/batch_delete", {"records": ["rec1"]})


def test_a_delete_of_a_row_that_is_gone_is_told_apart() -> None:
    with pytest.raises(RowVanished):
        records(Auth(says(1254043))).batch_delete(["rec1"])


def test_a_delete_without_an_answer_may_have_had_its_effect() -> None:
    with pytest.raises(Retryable) as caught:
        records(Auth(says(1255040))).batch_delete(["rec1"])
    assert caught.value.effect_possible
