import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.clients.http import Http
from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.paging import LONGEST_TEXT
from pipeline.clients.oceanengine.reports import account_totals, daily_costs, is_ratio, read_report
from pipeline.core.errors import BadResponse
from pipeline.core.model import DayRange, ReportRow, Totals
from pipeline.core.reports import PROJECT, PROMOTION, REPORTS, Report
from pipeline.core.token import Entrance
from tests.unit.pipeline.clients.oceanengine.test_api import QUICK, Calm, Tokens
from tests.unit.pipeline.clients.stub import Plain, StubHttp, answer, data
from tests.unit.pipeline.clients.wire import reply

DAYS = DayRange(date(2026, 2, 10), date(2026, 2, 11))
METRICS = ("stat_cost", "convert_cnt", "conversion_cost", "clue_pay_order_cnt")
ROW: Plain = {
    "stat_time_day": "2026-02-11",
    "project_id": 7600000000000000001,
    "promotion_id": 7600000000000000002,
    "promotion_name": "广告甲",
    "stat_cost": Decimal("118.36"),
    "convert_cnt": 2,
    "conversion_cost": Decimal("59.18"),
    "clue_pay_order_cnt": 0,
}


def api(http: Http) -> OceanEngine:
    return OceanEngine(http, Tokens(), Calm(), lambda: 600, Entrance("https://ad.example/oauth.html"), QUICK)


def served(*rows: Plain, key: str = "promotion_list") -> StubHttp:
    return StubHttp(
        data(**{key: list(rows)}, page_info={"page": 1, "total_number": len(rows), "total_page": len(rows) and 1})
    )


def report(*rows: Plain, metrics: tuple[str, ...] = METRICS) -> list[ReportRow]:
    return read_report(api(served(*rows)), PROMOTION, "1800000000000001", DAYS, metrics)


def without(name: str) -> Plain:
    return {key: value for key, value in ROW.items() if key != name}


def test_a_row_is_read_as_it_is_documented() -> None:
    (row,) = report(ROW)
    assert row == ReportRow(
        "1800000000000001",
        date(2026, 2, 11),
        "7600000000000000002",
        "广告甲",
        {
            "stat_cost": Decimal("118.36"),
            "convert_cnt": Decimal(2),
            "conversion_cost": Decimal("59.18"),
            "clue_pay_order_cnt": Decimal(0),
        },
    )


@pytest.mark.parametrize(
    ("ask", "path", "key", "metrics"),
    [
        *(
            (lambda http, one=one: read_report(api(http), one, "18", DAYS, METRICS), one.name, one.rows, METRICS)
            for one in REPORTS.values()
        ),
        (lambda http: account_totals(api(http), "18", DAYS), "account", "data_list", ("stat_cost", "convert_cnt")),
    ],
    ids=[*REPORTS, "totals"],
)
def test_a_report_is_asked_for_exactly_as_documented(ask: Any, path: str, key: str, metrics: tuple[str, ...]) -> None:  # noqa: ANN401 a lambda
    http = served(key=key)
    ask(http)
    (call,) = http.calls
    assert (call.method, call.path) == ("GET", f"/open_api/v3.0/local/report/{path}/get/")
    assert call.params == {
        "local_account_id": "18",
        "start_date": "2026-02-10",
        "end_date": "2026-02-11",
        "time_granularity": "TIME_GRANULARITY_DAILY",
        "metrics": json.dumps(list(metrics)),
        "order_field": "stat_cost",
        "order_type": "DESC",
        "page": "1",
        "page_size": "100",
    }


@pytest.mark.parametrize("report", REPORTS.values(), ids=[*REPORTS])
def test_each_report_is_read_by_its_own_list_id_and_name(report: Report) -> None:
    figures = {name: ROW[name] for name in METRICS}
    days = ["2026-02-10", "2026-02-11"]
    rows = [{"stat_time_day": day, "local_account_id": 1800000000000001, **figures} for day in days]
    for item in () if report.about_account else rows:
        item.update({report.id_field: 7600000000000000002, report.name_field: "甲"})
    told = read_report(api(served(*rows, key=report.rows)), report, "1800000000000001", DAYS, METRICS)
    assert [one.day.isoformat() for one in told] == days
    about_account = ("1800000000000001", "")
    item_id, name = about_account if report.about_account else ("7600000000000000002", "甲")
    owner = "1800000000000001" if report.within_account else ""
    assert {(one.account_id, one.item_id, one.item_name, one.owner) for one in told} == {
        ("1800000000000001", item_id, name, owner)
    }
    assert {one.cost for one in told} == {Decimal("118.36")}


@pytest.mark.parametrize("report", [one for one in REPORTS.values() if not one.about_account], ids=lambda one: one.name)
def test_a_row_that_does_not_say_what_it_is_about_is_an_error(report: Report) -> None:
    ids = {one.id_field: 7600000000000000002 for one in REPORTS.values()}
    http = served({**ROW, **ids, report.id_field: None}, key=report.rows)
    with pytest.raises(BadResponse, match=f"{report.name}/get/: a row has no {report.id_field}"):
        read_report(api(http), report, "18", DAYS, METRICS)


def test_ids_and_figures_survive_the_wire(serve: Any, connect: Any) -> None:  # noqa: ANN401 fixtures
    body = (
        b'{"code":0,"data":{"promotion_list":[{"stat_time_day":"2026-02-11","promotion_id":7600000000000000003,'
        b'"stat_cost":0.1}],"page_info":{"page":1,"page_size":100,"total_number":1,"total_page":1}}}'
    )
    (row,) = read_report(api(connect(serve(reply(200, body)).url)), PROMOTION, "18", DAYS, ["stat_cost"])
    assert (row.item_id, row.metrics) == ("7600000000000000003", {"stat_cost": Decimal("0.1")})


@pytest.mark.parametrize("item_id", [7600000000000000002, "7600000000000000002"])
def test_an_id_may_come_as_number_or_text(item_id: object) -> None:
    assert report({**ROW, "promotion_id": item_id})[0].item_id == "7600000000000000002"


@pytest.mark.parametrize("wrong", [True, False, None, "", "abc", "7.6e18", Decimal("7.6E18"), 7.6e18, -1])
def test_a_row_without_a_usable_id_is_an_error(wrong: object) -> None:
    with pytest.raises(BadResponse, match="promotion_id"):
        report({**ROW, "promotion_id": wrong})


@pytest.mark.parametrize("wrong", [[7], {"id": 7}])
def test_an_id_of_another_shape_is_an_error_of_ours(wrong: object) -> None:
    with pytest.raises(BadResponse):
        report({**ROW, "promotion_id": wrong})


def test_a_row_without_an_id_is_an_error() -> None:
    with pytest.raises(BadResponse, match="promotion_id"):
        report(without("promotion_id"))


@pytest.mark.parametrize("wrong", [None, "", "11/02/2026", "yesterday", "2026-02-30", 0])
def test_a_row_without_a_day_is_an_error(wrong: object) -> None:
    with pytest.raises(BadResponse, match="stat_time_day"):
        report({**ROW, "stat_time_day": wrong})
    with pytest.raises(BadResponse, match="stat_time_day"):
        report(without("stat_time_day"))


def test_a_day_may_carry_a_time() -> None:
    assert report({**ROW, "stat_time_day": "2026-02-10 00:00:00"})[0].day == date(2026, 2, 10)


@pytest.mark.parametrize("day", [DAYS.first - timedelta(days=1), DAYS.last + timedelta(days=1)])
def test_a_row_of_a_day_that_was_not_asked_for_is_an_error(day: date) -> None:
    with pytest.raises(BadResponse, match="outside"):
        report({**ROW, "stat_time_day": day.isoformat()})
    with pytest.raises(BadResponse, match="outside"):
        account_totals(
            api(served({"stat_time_day": day.isoformat(), "stat_cost": Decimal(1)}, key="data_list")), "18", DAYS
        )


@pytest.mark.parametrize("metric", ["stat_cost", "convert_cnt", "clue_pay_order_cnt"])
def test_a_row_without_a_compulsory_metric_is_an_error_and_never_zero(metric: str) -> None:
    for broken in (without(metric), {**ROW, metric: None}):
        with pytest.raises(BadResponse, match=metric):
            report(broken)


NO_FIGURES = ["NaN", float("nan"), float("inf"), "-Infinity", "", "-", "12元", "1_000", "１２", True, [], {}]


@pytest.mark.parametrize("wrong", NO_FIGURES)
@pytest.mark.parametrize("metric", ["stat_cost", "convert_cnt", "conversion_cost"])
def test_a_figure_that_is_none_is_an_error(metric: str, wrong: object) -> None:
    with pytest.raises(BadResponse, match=metric):
        report({**ROW, metric: wrong})


def test_figures_that_come_as_text_are_figures() -> None:
    assert report({**ROW, "stat_cost": "118.36"})[0].cost == Decimal("118.36")


@pytest.mark.parametrize(
    ("ratio", "denominator"),
    [("conversion_cost", "convert_cnt"), ("conversion_rate", "click_cnt"), ("ctr", "show_cnt")],
)
def test_a_ratio_may_be_absent_only_when_its_denominator_is_0(ratio: str, denominator: str) -> None:
    metrics = ("stat_cost", denominator, ratio)
    bare: Plain = {**without("conversion_cost"), denominator: 0}
    for row in (bare, {**bare, ratio: None}):
        assert report(row, metrics=metrics)[0].metrics[ratio] == 0
    with pytest.raises(BadResponse, match=rf"{denominator} 3 but no {ratio}"):
        report({**bare, denominator: 3}, metrics=metrics)


def test_a_ratio_may_be_absent_when_nothing_is_known_of_its_denominator() -> None:
    assert (
        report(without("conversion_cost"), metrics=("stat_cost", "conversion_cost"))[0].metrics["conversion_cost"] == 0
    )


@pytest.mark.parametrize(
    ("metric", "ratio"),
    [
        ("stat_cost", False),
        ("convert_cnt", False),
        ("oto_pay_order_amount", False),
        ("conversion_cost", True),
        ("attribution_convert_cost", True),
        ("dy_like_rate", True),
        ("oto_pay_order_roi", True),
        ("ctr", True),
        ("cpc_platform", True),
        ("cpm_platform", True),
    ],
)
def test_what_is_derived_from_other_figures_is_a_ratio(metric: str, ratio: bool) -> None:  # noqa: FBT001 a table
    assert is_ratio(metric) is ratio


@pytest.mark.parametrize("said", [None, "", " "])
def test_a_promotion_may_come_without_a_name(said: object) -> None:
    rows = [*report(without("promotion_name")), *report({**ROW, "promotion_name": said})]
    assert [row.item_name for row in rows] == ["", ""]


@pytest.mark.parametrize(("said", "name"), [(618, "618"), (0, "0"), (Decimal("12.5"), "12.5")])
def test_a_name_that_comes_as_a_number_is_its_digits(said: object, name: str) -> None:
    assert report({**ROW, "promotion_name": said})[0].item_name == name


@pytest.mark.parametrize("wrong", [{"a": 1}, ["x"], [], {}, True, False])
def test_a_name_of_another_shape_is_an_error(wrong: object) -> None:
    with pytest.raises(BadResponse, match="promotion_name"):
        report({**ROW, "promotion_name": wrong})


def test_a_promotion_has_one_row_a_day() -> None:
    other = {**ROW, "stat_time_day": "2026-02-10"}
    assert [row.day for row in report(ROW, other)] == [date(2026, 2, 11), date(2026, 2, 10)]
    with pytest.raises(BadResponse, match="twice"):
        report(ROW, ROW)


def test_the_account_totals_come_by_day_and_a_day_without_data_is_absent() -> None:
    http = served({"stat_time_day": "2026-02-11", "stat_cost": Decimal("0.30"), "convert_cnt": 2}, key="data_list")
    assert account_totals(api(http), "18", DAYS) == {date(2026, 2, 11): Totals(Decimal("0.30"), Decimal(2))}


@pytest.mark.parametrize("missing", ["stat_cost", "convert_cnt"])
@pytest.mark.parametrize("value", [None, "NaN"])
def test_an_account_day_without_a_total_is_an_error(missing: str, value: str | None) -> None:
    row = {"stat_time_day": "2026-02-11", "stat_cost": 1, "convert_cnt": 1, missing: value}
    with pytest.raises(BadResponse, match=missing):
        account_totals(api(served(row, key="data_list")), "18", DAYS)


def test_an_account_day_that_comes_twice_is_an_error() -> None:
    row = {"stat_time_day": "2026-02-11", "stat_cost": 1, "convert_cnt": 1}
    with pytest.raises(BadResponse, match="twice"):
        account_totals(api(served(row, row, key="data_list")), "18", DAYS)


OF_PROJECT: Plain = {"stat_time_day": "2026-02-11", "project_id": 7600000000000000001, "stat_cost": Decimal("0.10")}


def projects(*rows: Plain) -> dict[date, Decimal]:
    return daily_costs(read_report(api(served(*rows, key="project_list")), PROJECT, "18", DAYS, ["stat_cost"]))


def test_projects_are_summed_exactly_by_day_and_a_day_without_data_is_absent() -> None:
    other = {**OF_PROJECT, "project_id": "7600000000000000005", "stat_cost": "0.20"}
    assert projects(OF_PROJECT, other) == {date(2026, 2, 11): Decimal("0.30")}
    before = {**OF_PROJECT, "stat_time_day": "2026-02-10"}
    assert projects(OF_PROJECT, before) == {date(2026, 2, 11): Decimal("0.10"), date(2026, 2, 10): Decimal("0.10")}
    assert projects() == {}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"project_id": None}, "project_id"),
        ({"project_id": 7.6e18}, "project_id"),
        ({"stat_cost": None}, "stat_cost"),
        ({"stat_cost": "NaN"}, "stat_cost"),
        ({"stat_time_day": None}, "stat_time_day"),
        ({"stat_time_day": "2026-02-12"}, "outside"),
    ],
)
def test_a_project_row_that_lacks_something_is_an_error_and_never_zero(change: Plain, told: str) -> None:
    with pytest.raises(BadResponse, match=told):
        projects({**OF_PROJECT, **change})


def test_a_project_that_comes_twice_is_an_error_and_not_summed() -> None:
    with pytest.raises(BadResponse, match="twice"):
        projects(OF_PROJECT, OF_PROJECT)


def test_rows_under_another_name_than_documented_are_not_taken_for_none() -> None:
    body = {"code": 0, "data": {"list": [ROW], "page_info": {"page": 1, "total_number": 1, "total_page": 1}}}
    with pytest.raises(BadResponse, match="1 rows promised, 0 came"):
        read_report(api(StubHttp(answer(body))), PROMOTION, "18", DAYS, METRICS)


def test_of_a_text_without_end_its_beginning_is_held() -> None:
    row = ROW | {"promotion_name": "长" * 140_000, "unknown": "x" * 140_000}
    http = served(row)
    assert report_of(http) == [report(ROW | {"promotion_name": "长" * 500})[0]]
    (held,) = http.answers[0].body["data"]["promotion_list"]  # type: ignore[union-attr]
    assert max(len(value) for value in held.values() if isinstance(value, str)) <= LONGEST_TEXT


def report_of(http: StubHttp) -> list[ReportRow]:
    return read_report(api(http), PROMOTION, "1800000000000001", DAYS, METRICS)
