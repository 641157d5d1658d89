import pytest

from pipeline.clients.feishu.views import Condition, Listed, Views
from pipeline.core.errors import BadResponse
from tests.unit.pipeline.clients.feishu.test_api import Auth, api
from tests.unit.pipeline.clients.stub import Plain, data

PATH = "/open-apis/bitable/v1/apps/bas1/tables/tbl1/views"
VALUE = '["城东店"]'


def views(http: Auth, asked: list[str] | None = None) -> Views:
    return Views(api(http, lambda: asked.append("write") if asked is not None else None), "bas1", "tbl1")


def test_names_come_by_id_from_all_pages() -> None:
    http = Auth(
        data(items=[{"view_id": "vew1", "view_name": "表格"}], has_more=True, page_token="p", total=2),
        data(items=[{"view_id": "vew2", "view_name": "城东店"}], has_more=False, total=2),
    )
    assert views(http).names() == {"vew1": "表格", "vew2": "城东店"}
    assert [(call.method, call.path) for call in http.calls] == [("GET", PATH)] * 2
    assert [call.params for call in http.calls] == [{"page_size": "100"}, {"page_size": "100", "page_token": "p"}]


@pytest.mark.parametrize("total", [1, 3, None])
def test_views_that_people_keep_to_themselves_may_be_counted(total: int | None) -> None:
    http = Auth(data(items=[{"view_id": "vew1", "view_name": "表格"}], has_more=False, total=total))
    assert views(http).names() == {"vew1": "表格"}


def test_fewer_views_than_were_shown_are_an_error() -> None:
    with pytest.raises(BadResponse, match="total"):
        views(Auth(data(items=[{"view_id": "vew1", "view_name": "表格"}], has_more=False, total=0))).names()


def view(filter_info: object) -> Plain:
    return {"view": {"view_id": "vew1", "property": {"filter_info": filter_info}}}


def test_a_filter_is_read_as_the_server_gives_it_back() -> None:
    read_back = {
        "condition_id": "con1",
        "condition_omitted": False,
        "field_id": "fld1",
        "field_type": 1,
        "operator": "is",
        "value": '["城东店"]',
    }
    http = Auth(data(**view({"conjunction": "and", "conditions": [read_back]})))
    assert views(http).conditions("vew1") == (Condition("fld1", "is", ("城东店",)),)
    assert [(call.method, call.path) for call in http.calls] == [("GET", f"{PATH}/vew1")]


@pytest.mark.parametrize(
    "answer",
    [
        {"view": {}},
        {"view": {"property": None}},
        view(None),
        view({}),
        view({"conditions": None}),
        view({"conditions": []}),
    ],
)
def test_a_view_without_a_filter_has_no_condition(answer: Plain) -> None:
    assert views(Auth(data(**answer))).conditions("vew1") == ()


@pytest.mark.parametrize("answer", [{}, {"view": None}, {"view": []}, {"views": {}}])
def test_an_answer_without_a_view_is_not_one_without_a_filter(answer: Plain) -> None:
    with pytest.raises(BadResponse, match="view"):
        views(Auth(data(**answer))).conditions("vew1")


@pytest.mark.parametrize(
    "info", [[], "and", {"conditions": "x"}, {"conditions": {"a": 1}}, {"conditions": ["x"]}, {"conjunction": {}}]
)
def test_a_filter_that_is_none_is_a_bad_response(info: object) -> None:
    with pytest.raises(BadResponse, match="filter_info"):
        views(Auth(data(**view(info)))).conditions("vew1")


DEEP = "[" * 200_000


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (DEEP, (DEEP,)),
        ("[" * 101 + "]" * 101, ("[" * 101 + "]" * 101,)),
        ("1" * 5000, ("1" * 5000,)),
        ('["\\ud83d店"]', ("\ufffd店",)),
        ('{"a": 1}', ("{'a': 1}",)),
        (7, ("7",)),
        ('["城东店"]', ("城东店",)),
        (["城东店"], ("城东店",)),
        ("城东店", ("城东店",)),
        ('["ExactDate",1642672432000]', ("ExactDate", "1642672432000")),
        ('["ExactDate","1642672432000"]', ("ExactDate", "1642672432000")),
        ("[]", ()),
        ("1832", ("1832",)),
    ],
)
def test_values_are_compared_parsed_whatever_their_shape(raw: object, values: tuple[str, ...]) -> None:
    http = Auth(data(**view({"conditions": [{"field_id": "fld1", "operator": "is", "value": raw}]})))
    assert views(http).conditions("vew1") == (Condition("fld1", "is", values),)


def test_a_condition_matches_what_would_be_written() -> None:
    condition = Condition("fld1", "is", ("城东店",))
    assert condition.matches("fld1", VALUE)
    assert condition.matches("fld1", '["\\u57ce\\u4e1c\\u5e97"]')
    assert not condition.matches("fld2", VALUE)
    assert not condition.matches("fld1", '["城西店"]')
    assert not condition.matches("fld1", '["城东店", "城西店"]')
    assert not Condition("fld1", "isNot", ("城东店",)).matches("fld1", VALUE)


def test_a_view_is_created_without_a_filter_as_documented() -> None:
    http, asked = Auth(data(view={"view_id": "vew9"})), list[str]()
    assert views(http, asked).create("城东店") == "vew9"
    (call,) = http.calls
    assert (call.method, call.path, call.params) == ("POST", PATH, None)
    assert call.json == {"view_name": "城东店", "view_type": "grid"}
    assert asked == ["write"]


def test_a_filter_is_one_string_that_holds_a_json_array() -> None:
    http, asked = Auth(data()), list[str]()
    views(http, asked).filter_on("vew9", "fld1", VALUE)
    (call,) = http.calls
    assert (call.method, call.path) == ("PATCH", f"{PATH}/vew9")
    condition = {"field_id": "fld1", "operator": "is", "value": VALUE}
    assert call.json == {"property": {"filter_info": {"conjunction": "and", "conditions": [condition]}}}
    assert asked == ["write"]


def test_looking_is_no_write() -> None:
    asked: list[str] = []
    views(Auth(data(items=[], has_more=False)), asked).names()
    views(Auth(data(view={})), asked).conditions("vew1")
    assert asked == []


@pytest.mark.parametrize("answer", [{}, {"view": {}}, {"view": None}])
def test_a_created_view_without_an_id_is_an_error_of_ours(answer: Plain) -> None:
    with pytest.raises(BadResponse):
        views(Auth(data(**answer))).create("城东店")


@pytest.mark.parametrize("item", [{"view_id": "vew1"}, {"view_name": "a"}])
def test_a_listed_view_without_id_or_name_is_an_error_of_ours(item: Plain) -> None:
    with pytest.raises(BadResponse):
        views(Auth(data(items=[item], has_more=False, total=1))).names()


def test_a_filter_is_written_as_it_was_read() -> None:
    info = {
        "conjunction": "or",
        "conditions": [
            {"field_id": "fld1", "operator": "is", "value": '["ExactDate",1770000000000]'},
            {"field_id": "fld2", "operator": "isEmpty", "value": None},
        ],
    }
    found = views(Auth(data(view={"property": {"filter_info": info}}))).filter("vew1")
    assert found.conjunction == "or"
    http = Auth(data(view={}))
    views(http).set_filter("vew2", found)
    (call,) = http.calls
    assert call.json == {
        "property": {
            "filter_info": {
                "conjunction": "or",
                "conditions": [
                    {"field_id": "fld1", "operator": "is", "value": '["ExactDate", "1770000000000"]'},
                    {"field_id": "fld2", "operator": "isEmpty", "value": "[]"},
                ],
            }
        }
    }


def test_views_are_listed_with_their_types() -> None:
    item = {"view_id": "vew1", "view_name": "看板", "view_type": "kanban"}
    http = Auth(data(items=[item], has_more=False, total=1))
    assert views(http).all() == [Listed("vew1", "看板", "kanban")]


def test_a_view_is_made_of_the_type_that_is_wanted() -> None:
    http = Auth(data(view={"view_id": "vew1"}))
    assert views(http).create("看板", "kanban") == "vew1"
    (call,) = http.calls
    assert call.json == {"view_name": "看板", "view_type": "kanban"}
