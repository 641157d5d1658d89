"""Reports: shapes, pages, figures that add up, and a source that moves."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulator.oceanengine.metrics import METRICS
from tests.emulator.client import Client

LARGE, QUIET = "月满楼饭店", "阿婆糖水铺"
DAY_S = 86_400


def account(emulator: Client, name: str) -> str:
    return next(str(known) for known, called in emulator.facts["accounts"].items() if called == name)


def data(emulator: Client, kind: str = "promotion", /, **changes: object) -> dict[str, Any]:
    answer = emulator.report(kind, **changes)
    assert answer.json()["code"] == 0, answer.text
    return dict(json.loads(answer.text, parse_float=Decimal)["data"])


def all_rows(emulator: Client, **changes: object) -> list[dict[str, Any]]:
    first = data(emulator, **changes)
    pages = first["page_info"]["total_page"]
    rest = [data(emulator, **changes, page=page)["promotion_list"] for page in range(2, pages + 1)]
    return [row for page in (first["promotion_list"], *rest) for row in page]


def metrics(*names: str) -> str:
    return json.dumps(names)


def test_there_are_seven_accounts_with_ids_of_16_digits(emulator: Client) -> None:
    ids = list(emulator.facts["accounts"])
    assert len(ids) == 7
    assert all(len(known) == 16 and known.startswith("18") for known in ids)


def test_a_row_has_the_dimensions_and_the_asked_metrics_only(emulator: Client) -> None:
    row = data(emulator)["promotion_list"][0]
    dimensions = {"stat_time_day", "project_id", "project_name", "promotion_id", "promotion_name"}
    assert row.keys() == dimensions | {"stat_cost", "convert_cnt"}


def test_ids_are_bare_numbers_that_a_float_would_merge(emulator: Client) -> None:
    rows = all_rows(emulator, local_account_id=account(emulator, LARGE))
    ids = [row["promotion_id"] for row in rows]
    assert all(type(known) is int and len(str(known)) == 19 for known in ids)
    assert len({float(known) for known in ids}) < len(set(ids)) == len(ids)


def test_one_day_of_the_large_account_has_three_pages(emulator: Client) -> None:
    page_info = data(emulator, local_account_id=account(emulator, LARGE))["page_info"]
    assert page_info == {"page": 1, "page_size": 100, "total_number": page_info["total_number"], "total_page": 3}
    assert len(all_rows(emulator, local_account_id=account(emulator, LARGE))) == page_info["total_number"]


def test_a_page_past_the_end_is_empty(emulator: Client) -> None:
    past = data(emulator, page=9)
    assert past["promotion_list"] == []
    assert past["page_info"]["page"] == 9


def test_the_quiet_account_has_no_rows_on_the_newest_day_and_few_before(emulator: Client) -> None:
    quiet = account(emulator, QUIET)
    assert data(emulator, local_account_id=quiet)["promotion_list"] == []
    assert len(emulator.look("figures", account_id=quiet, start="2020-01-01", end=emulator.facts["day"])["rows"]) == 3


def test_today_has_no_rows(emulator: Client) -> None:
    today = emulator.look("state")["now"][:10]
    assert data(emulator, start_date=today, end_date=today)["promotion_list"] == []


def test_the_next_day_gets_figures_when_the_clock_moves_on(emulator: Client) -> None:
    today = emulator.look("state")["now"][:10]
    emulator.control("settings", {"clock_offset_s": DAY_S, "access_token_grace": 0})
    token = emulator.oauth().json()["data"]["access_token"]
    assert emulator.report("promotion", token, start_date=today, end_date=today).json()["data"]["promotion_list"]


def test_the_account_report_is_the_exact_sum_of_its_promotions(emulator: Client) -> None:
    wanted = metrics("stat_cost", "show_cnt", "convert_cnt", "clue_pay_order_cnt")
    for known in emulator.facts["accounts"]:
        rows = all_rows(emulator, local_account_id=known, metrics=wanted)
        totals = data(emulator, "account", local_account_id=known, metrics=wanted)["data_list"]
        assert len(totals) == (1 if rows else 0)
        for total in totals:
            assert total["local_account_id"] == int(known)
            assert {m: total[m] for m in json.loads(wanted)} == {m: sum(r[m] for r in rows) for m in json.loads(wanted)}


def test_the_project_report_is_the_exact_sum_of_its_promotions(emulator: Client) -> None:
    """Reference: 获取项目数据, rows and dimensions."""
    wanted = metrics("stat_cost", "show_cnt", "convert_cnt")
    for known in emulator.facts["accounts"]:
        rows = all_rows(emulator, local_account_id=known, metrics=wanted)
        projects = data(emulator, "project", local_account_id=known, metrics=wanted)["project_list"]
        assert {row["project_id"] for row in rows} == {row["project_id"] for row in projects}
        for project in projects:
            assert project.keys() == {"stat_time_day", "project_id", "project_name", *json.loads(wanted)}
            of_it = [row for row in rows if row["project_id"] == project["project_id"]]
            assert {m: project[m] for m in json.loads(wanted)} == {
                m: sum(row[m] for row in of_it) for m in json.loads(wanted)
            }


def test_projects_can_be_filtered(emulator: Client) -> None:
    large = account(emulator, LARGE)
    wanted = data(emulator, "project", local_account_id=large)["project_list"][1]
    ids = json.dumps({"cdp_project_ids": [wanted["project_id"]]})
    assert data(emulator, "project", local_account_id=large, filtering=ids)["project_list"] == [wanted]
    nothing = data(emulator, "project", local_account_id=large, filtering='{"marketing_goal":"LIVE"}')
    assert (nothing["project_list"], nothing["page_info"]["total_number"]) == ([], 0)


def test_the_project_report_has_pages(emulator: Client) -> None:
    large = account(emulator, LARGE)
    pages = [data(emulator, "project", local_account_id=large, page_size="20", page=page) for page in (1, 2, 3)]
    total = pages[0]["page_info"]["total_number"]
    assert total == len({row["project_id"] for page in pages for row in page["project_list"]}) == 58
    assert [page["page_info"]["page"] for page in pages] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["project", "account"])
def test_sums_have_pages_and_an_order(emulator: Client, kind: str) -> None:
    name, first = f"{'data' if kind == 'account' else kind}_list", date.fromisoformat(emulator.facts["day"])
    asked = {"start_date": (first - timedelta(days=24)).isoformat(), "page_size": "10"}
    pages = [data(emulator, kind, **asked, page=page) for page in (1, 2, 3)]
    days = [row["stat_time_day"] for page in pages for row in page[name]]
    assert days == sorted(days, reverse=kind == "account")
    assert [len(page[name]) for page in pages] == [10, 10, 5]
    assert {page["page_info"]["total_number"] for page in pages} == {25}
    dearest = data(emulator, kind, **asked, order_field="stat_cost", order_type="DESC")[name]
    costs = [row["stat_cost"] for row in dearest]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == max(row["stat_cost"] for page in pages for row in page[name])
    assert data(emulator, kind, **asked, filtering='{"marketing_goal":"VIDEO_IMAGE"}')[name] == pages[0][name]
    assert data(emulator, kind, **asked, filtering='{"local_delivery_scene":"PURCHASE"}')[name] == []


def test_money_of_another_kind_of_plan_is_in_the_account_report_alone_and_only_where_the_world_says_so(
    emulator: Client,
) -> None:
    first, quiet = next(iter(emulator.facts["accounts"])), account(emulator, QUIET)
    before = data(emulator, "account")["data_list"][0]
    rows, projects = data(emulator)["promotion_list"], data(emulator, "project")["project_list"]
    emulator.control("roi2", {"account_id": first, "stat_cost": "500.05"})
    emulator.control("roi2", {"account_id": quiet, "stat_cost": 30, "day": emulator.facts["day"]})
    assert data(emulator, "account")["data_list"] == [before]
    emulator.control("settings", {"roi2": "account"})
    assert data(emulator, "account")["data_list"] == [before | {"stat_cost": before["stat_cost"] + Decimal("500.05")}]
    assert (data(emulator)["promotion_list"], data(emulator, "project")["project_list"]) == (rows, projects)
    assert data(emulator, "account", filtering='{"campaign_type":"GENERAL"}')["data_list"] == [before]
    (alone,) = data(emulator, "account", local_account_id=quiet)["data_list"]
    assert (alone["stat_cost"], alone["convert_cnt"]) == (30, 0)
    with pytest.raises(ValueError, match="more decimals"):
        emulator.control("roi2", {"account_id": first, "stat_cost": "0.001"})
    with pytest.raises(ValueError, match="no account"):
        emulator.control("roi2", {"account_id": "1", "stat_cost": 1})


@pytest.mark.parametrize("reports", [["promotion"], ["project"], ["promotion", "project"], ["material"]])
def test_a_row_can_be_missing_from_some_reports(emulator: Client, reports: list[str]) -> None:
    row = data(emulator)["promotion_list"][0]
    key = {"account_id": next(iter(emulator.facts["accounts"])), "promotion_id": str(row["promotion_id"])}
    place = {**key, "day": emulator.facts["day"]}
    whole = {kind: cost(emulator, kind) for kind in ("promotion", "project", "account")}
    emulator.control("figures", {**place, "missing_from": reports})
    left = {kind: row["stat_cost"] * (kind in reports) for kind in whole}
    assert {kind: cost(emulator, kind) for kind in whole} == {kind: whole[kind] - left[kind] for kind in whole}
    emulator.control("figures", {**place, "missing_from": []})
    assert {kind: cost(emulator, kind) for kind in whole} == whole
    with pytest.raises(ValueError, match="missing from"):
        emulator.control("figures", {**place, "missing_from": ["account"]})


def cost(emulator: Client, kind: str) -> Decimal:
    found = data(emulator, kind)
    return Decimal(sum(row["stat_cost"] for key in found if key.endswith("_list") for row in found[key]))


def test_ratios_without_denominator_are_null_or_zero_by_promotion(emulator: Client) -> None:
    rows = all_rows(
        emulator, local_account_id=account(emulator, LARGE), metrics=metrics("conversion_cost", "convert_cnt")
    )
    without = [row for row in rows if row["convert_cnt"] == 0]
    assert {row["conversion_cost"] for row in without if row["promotion_id"] % 2} == {None}
    assert {row["conversion_cost"] for row in without if row["promotion_id"] % 2 == 0} == {0}


def test_conversion_cost_is_cost_by_conversions_in_cents(emulator: Client) -> None:
    wanted = metrics("stat_cost", "convert_cnt", "conversion_cost")
    rows = all_rows(emulator, local_account_id=account(emulator, LARGE), metrics=wanted)
    for row in rows:
        if row["convert_cnt"]:
            assert (
                abs(row["conversion_cost"] * row["convert_cnt"] - row["stat_cost"])
                <= Decimal("0.005") * row["convert_cnt"]
            )


def test_rows_without_cost_but_with_a_conversion_exist(emulator: Client) -> None:
    rows = all_rows(emulator, local_account_id=account(emulator, LARGE))
    assert any(row["stat_cost"] == 0 and row["convert_cnt"] == 1 for row in rows)


def test_every_listed_metric_can_be_asked_for(emulator: Client) -> None:
    assert len(METRICS) == 78 - 6  # the SDK's row fields without the dimensions
    row = data(emulator, metrics=json.dumps(sorted(METRICS)))["promotion_list"][0]
    assert row.keys() >= METRICS


def test_promotions_can_be_filtered(emulator: Client) -> None:
    wanted = data(emulator)["promotion_list"][1]
    found = data(emulator, filtering=json.dumps({"promotion_ids": [wanted["promotion_id"]]}))["promotion_list"]
    assert found == [wanted]
    assert data(emulator, filtering='{"campaign_type":"SEARCHING"}')["promotion_list"] == []


def test_rows_are_ordered_as_asked(emulator: Client) -> None:
    rows = data(emulator, order_field="stat_cost", order_type="DESC")["promotion_list"]
    assert [row["stat_cost"] for row in rows] == sorted((row["stat_cost"] for row in rows), reverse=True)


def test_a_changed_figure_moves_the_total_too(emulator: Client) -> None:
    row = data(emulator)["promotion_list"][0]
    before = data(emulator, "account")["data_list"][0]["stat_cost"]
    key = {"account_id": next(iter(emulator.facts["accounts"])), "promotion_id": str(row["promotion_id"])}
    emulator.control("figures", {**key, "day": emulator.facts["day"], "stat_cost": "1000.01", "convert_cnt": 4})
    changed = data(emulator, metrics=metrics("stat_cost", "convert_cnt", "conversion_cost"))["promotion_list"][0]
    assert (changed["stat_cost"], changed["convert_cnt"], changed["conversion_cost"]) == (Decimal("1000.01"), 4, 250)
    assert data(emulator, "account")["data_list"][0]["stat_cost"] == before - row["stat_cost"] + Decimal("1000.01")


def test_the_source_can_withdraw_a_row_and_gain_one(emulator: Client) -> None:
    first = next(iter(emulator.facts["accounts"]))
    before = {row["promotion_id"] for row in data(emulator)["promotion_list"]}
    gone = min(before)
    key = {"account_id": first, "day": emulator.facts["day"]}
    emulator.control("figures", {**key, "promotion_id": str(gone), "absent": True})
    emulator.control("figures", {**key, "promotion_id": "7699999999999999999", "stat_cost": 5})
    assert {row["promotion_id"] for row in data(emulator)["promotion_list"]} == before - {gone} | {7699999999999999999}


def test_figures_grow_with_the_age_of_a_day_when_they_restate(emulator: Client) -> None:
    large, day = account(emulator, LARGE), emulator.facts["day"]
    final = data(emulator, "account", local_account_id=large)["data_list"][0]["convert_cnt"]
    emulator.control("settings", {"restating": True, "access_token_grace": 10**9})
    seen = []
    for age in (0, 5, 20, 30):
        emulator.control("settings", {"clock_offset_s": age * DAY_S})
        token = emulator.look("state")["oauth"]["access_token"] if age == 0 else refreshed(emulator)
        answer = emulator.report("account", token, local_account_id=large, start_date=day, end_date=day)
        seen.append(answer.json()["data"]["data_list"][0]["convert_cnt"])
    assert seen == sorted(seen)
    assert seen[0] < seen[2] < seen[3] == final


def refreshed(emulator: Client) -> str:
    answer = emulator.oauth(refresh_token=emulator.look("state")["oauth"]["refresh_token"])
    return str(answer.json()["data"]["access_token"])


def test_control_shows_the_rows_that_the_report_gives(emulator: Client) -> None:
    first = next(iter(emulator.facts["accounts"]))
    shown = emulator.look("figures", account_id=first, metrics="stat_cost,convert_cnt")["rows"]
    reported = emulator.report().json()["data"]["promotion_list"]
    assert [{k: v for k, v in row.items() if k != "local_account_id"} for row in shown] == reported


def test_the_accounts_of_a_token_are_found_in_three_steps(emulator: Client) -> None:
    token = emulator.facts["access_token"]
    headers = {"Access-Token": token}
    listed = emulator.send("GET", "/open_api/oauth2/advertiser/get/", params={"access_token": token}).json()["data"][
        "list"
    ]
    assert [known["account_type"] for known in listed] == ["PLATFORM_ROLE_LIFE"]
    query = {"life_account_id": listed[0]["account_id"], "page_size": 100}
    local = emulator.send("GET", "/open_api/v3.0/local/life/advertiser/list/", params=query, headers=headers).json()[
        "data"
    ]
    ids = [known["local_account_id"] for known in local["adv_list"]]
    names = emulator.send(
        "GET", "/open_api/2/advertiser/public_info/", params={"advertiser_ids": json.dumps(ids)}, headers=headers
    ).json()["data"]
    assert {str(known["id"]): known["name"] for known in names} == emulator.facts["accounts"]


def test_accounts_can_be_added_and_taken_away(emulator: Client) -> None:
    added = emulator.control("accounts/add", {"count": 2, "promotions": 5, "rhythm": "full"})["accounts"]
    first, second = added
    assert data(emulator, local_account_id=first)["page_info"]["total_number"] == 5
    emulator.control("accounts/remove", {"account_id": second})
    assert emulator.report(local_account_id=second).json()["code"] == 40002
