"""The report of materials: rows of their own, shares of promotions, and corrections that reach them."""

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulator.oceanengine.kinds import KINDS
from emulator.oceanengine.materials import EVERYWHERE
from emulator.oceanengine.metrics import METRICS
from emulator.server import EmulatorServer
from tests.emulator.client import Client
from tests.emulator.test_reports import LARGE, QUIET, account, data, metrics

Rows = list[dict[str, Any]]
ALL = {kind.name: json.dumps(sorted(kind.metrics)) for kind in KINDS.values()}
DIMENSIONS = {
    "promotion": {"project_id", "project_name", "promotion_id", "promotion_name"},
    "project": {"project_id", "project_name"},
    "account": {"local_account_id"},
    "material": {"material_id", "material_name", "material_type"},
}
PLACE = {"promotion": "promotion_id", "project": "project_id", "account": "local_account_id", "material": "material_id"}


def rows(emulator: Client, kind: str = "material", /, **changes: object) -> Rows:
    """The rows of all pages."""
    first = data(emulator, kind, **changes)
    pages = range(2, first["page_info"]["total_page"] + 1)
    rest = [data(emulator, kind, **changes, page=page)[KINDS[kind].rows] for page in pages]
    return [row for page in (first[KINDS[kind].rows], *rest) for row in page]


def of_promotion(emulator: Client, promotion_id: int, **changes: object) -> Rows:
    return rows(emulator, filtering=json.dumps({"promotion_ids": [promotion_id]}), **changes)


def first_account(emulator: Client) -> str:
    return str(next(iter(emulator.facts["accounts"])))


def shown_promotion(emulator: Client) -> dict[str, Any]:
    """The first promotion of the newest day that spent something and shows a material."""
    units = rows(emulator, "promotion")
    return next(row for row in units if row["stat_cost"] and of_promotion(emulator, row["promotion_id"]))


def correct(emulator: Client, row: dict[str, Any], **figures: object) -> None:
    place = {"account_id": first_account(emulator), "promotion_id": str(row["promotion_id"])}
    emulator.control("figures", {**place, "day": emulator.facts["day"], **figures})


@pytest.mark.parametrize("kind", KINDS)
def test_each_report_has_all_its_metrics_beside_its_dimensions(emulator: Client, kind: str) -> None:
    for row in rows(emulator, kind, metrics=ALL[kind]):
        assert row.keys() == KINDS[kind].metrics | DIMENSIONS[kind] | {"stat_time_day"}


def test_materials_have_71_metrics_and_the_others_72() -> None:
    assert {kind.name: len(kind.metrics) for kind in KINDS.values()} == {
        "promotion": 72, "project": 72, "account": 72, "material": 71,
    }  # fmt: skip
    assert METRICS - KINDS["material"].metrics == {"poi_recommend_count"}


def test_a_material_has_an_id_that_a_float_would_merge_a_name_and_one_of_two_types(emulator: Client) -> None:
    found = rows(emulator, local_account_id=account(emulator, LARGE))
    ids = [row["material_id"] for row in found]
    assert len({float(one) for one in ids}) < len(set(ids)) == len(ids)
    assert all(type(one) is int and len(str(one)) == 19 for one in ids)
    assert {row["material_type"] for row in found} == {"VIDEO", "CASURAL"}
    assert all(row["material_name"] for row in found)


def test_a_row_says_neither_which_promotion_nor_which_account_it_is_of(emulator: Client) -> None:
    (row, *_) = rows(emulator)
    assert row.keys() == {"stat_time_day", "stat_cost", "convert_cnt", *DIMENSIONS["material"]}


def test_a_material_is_used_by_several_promotions_and_a_live_one_has_none(emulator: Client) -> None:
    large = account(emulator, LARGE)
    used: dict[int, set[int]] = defaultdict(set)
    lives = 0
    for row in rows(emulator, "promotion", local_account_id=large)[:40]:
        shown = of_promotion(emulator, row["promotion_id"], local_account_id=large)
        lives += not shown
        for material in shown:
            used[material["material_id"]].add(row["promotion_id"])
    assert lives > 3
    times = Counter(len(promotions) for promotions in used.values())
    assert times[1] > 3
    assert times[2] > 3
    assert len(used[EVERYWHERE]) > 20


def test_accounts_share_a_material_with_figures_of_their_own_each_day(emulator: Client) -> None:
    quiet, newest = account(emulator, QUIET), date.fromisoformat(emulator.facts["day"])
    asked = {"filtering": json.dumps({"material_ids": [EVERYWHERE]})}
    asked |= {"start_date": (newest - timedelta(days=9)).isoformat(), "metrics": metrics("stat_cost", "show_cnt")}
    found = {one: rows(emulator, local_account_id=one, **asked) for one in emulator.facts["accounts"] if one != quiet}
    assert {len(days) for days in found.values()} == {10}
    assert {row["material_id"] for days in found.values() for row in days} == {EVERYWHERE}
    series = {tuple((row["stat_cost"], row["show_cnt"]) for row in days) for days in found.values()}
    assert len(series) == len(found) == 6


def test_what_materials_add_up_to_is_not_what_their_account_spent(emulator: Client) -> None:
    large = account(emulator, LARGE)
    (whole,) = rows(emulator, "account", local_account_id=large)
    spent = sum(row["stat_cost"] for row in rows(emulator, local_account_id=large))
    assert spent > whole["stat_cost"] * Decimal("1.1")


def test_a_day_has_a_row_of_each_material_once_and_none_before_the_oldest(emulator: Client) -> None:
    newest = date.fromisoformat(emulator.facts["day"])
    found = rows(emulator, start_date=(newest - timedelta(days=4)).isoformat(), page_size="10")
    keys = [(row["stat_time_day"], row["material_id"]) for row in found]
    assert len(set(keys)) == len(keys)
    assert len({day for day, _ in keys}) == 5
    assert [day for day, _ in keys] == sorted(day for day, _ in keys)
    early = (newest - timedelta(days=100)).isoformat()
    assert rows(emulator, start_date=early, end_date=early) == []


def test_a_material_asked_for_twice_is_the_same_in_another_world_of_the_seed(emulator: Client) -> None:
    before = rows(emulator, metrics=ALL["material"])
    assert before == rows(emulator, metrics=ALL["material"])
    with EmulatorServer(day=date.fromisoformat(emulator.facts["day"])) as server, Client(server.facts()) as other:
        assert rows(other, metrics=ALL["material"]) == before


def test_materials_are_filtered_by_id_type_promotion_and_project(emulator: Client) -> None:
    large = account(emulator, LARGE)

    def by(**wanted: object) -> Rows:
        return rows(emulator, local_account_id=large, filtering=json.dumps(wanted))

    every = by()
    few = [row["material_id"] for row in every[:3]]
    assert by(material_ids=few) == every[:3]
    assert by(material_type="CASURAL") == [row for row in every if row["material_type"] == "CASURAL"]
    (unit, *_) = rows(emulator, "promotion", local_account_id=large)
    of_unit, of_project = by(promotion_ids=[unit["promotion_id"]]), by(cdp_project_ids=[unit["project_id"]])
    assert {row["material_id"] for row in of_unit} <= {row["material_id"] for row in of_project}
    assert sum(row["stat_cost"] for row in of_project) < sum(row["stat_cost"] for row in every)
    assert by(material_ids=few, promotion_ids=[1]) == by(campaign_type="SEARCHING") == []
    assert by(delivery_mode=["MANUAL_MODE"], local_delivery_scene="CLUE", external_action=["CLUE_ACQUISITION"]) == every


def test_materials_have_pages_and_an_order(emulator: Client) -> None:
    large = account(emulator, LARGE)
    pages = [data(emulator, "material", local_account_id=large, page_size="50", page=page) for page in (1, 2, 3)]
    assert [page["page_info"]["page"] for page in pages] == [1, 2, 3]
    assert all(len(page["material_list"]) == 50 for page in pages)
    costs = [
        row["stat_cost"] for row in rows(emulator, local_account_id=large, order_field="stat_cost", order_type="DESC")
    ]
    assert costs == sorted(costs, reverse=True)
    assert len(costs) == pages[0]["page_info"]["total_number"]
    past = data(emulator, "material", page=9)
    assert (past["material_list"], past["page_info"]["page"]) == ([], 9)


def test_a_correction_of_a_promotion_reaches_its_materials(emulator: Client) -> None:
    unit = shown_promotion(emulator)
    before = {row["material_id"]: row for row in of_promotion(emulator, unit["promotion_id"])}
    correct(emulator, unit, stat_cost="1000.01", convert_cnt=7)
    after = {row["material_id"]: row for row in of_promotion(emulator, unit["promotion_id"])}
    assert after.keys() == before.keys()
    assert all(after[one]["stat_cost"] > before[one]["stat_cost"] for one in after)
    assert (Decimal("1000.01"), 7) in {(row["stat_cost"], row["convert_cnt"]) for row in after.values()}
    whole = {row["material_id"]: row for row in rows(emulator)}
    assert all(whole[one]["stat_cost"] >= row["stat_cost"] for one, row in after.items())


def test_a_cent_more_of_a_promotion_is_a_cent_more_of_one_of_its_materials(emulator: Client) -> None:
    unit = shown_promotion(emulator)
    before = sum(row["stat_cost"] for row in rows(emulator))
    correct(emulator, unit, stat_cost=str(unit["stat_cost"] + Decimal("0.01")))
    assert sum(row["stat_cost"] for row in rows(emulator)) > before


def test_a_promotion_that_goes_takes_its_own_materials_along_and_one_that_comes_brings_some(emulator: Client) -> None:
    before = {row["material_id"] for row in rows(emulator)}
    for unit in rows(emulator, "promotion"):
        correct(emulator, unit, absent=True)
    assert before
    assert rows(emulator) == []
    correct(emulator, {"promotion_id": 7699999999999999999}, stat_cost=5)
    assert {row["stat_cost"] for row in rows(emulator)} >= {5}
    assert not {row["material_id"] for row in rows(emulator)} & (before - {EVERYWHERE})


def test_a_material_restates_as_its_promotions_do(emulator: Client) -> None:
    large = account(emulator, LARGE)

    def converts() -> int:
        found = rows(emulator, local_account_id=large, metrics=metrics("convert_cnt"))
        return int(sum(row["convert_cnt"] for row in found))

    final = converts()
    emulator.control("settings", {"restating": True})
    assert converts() < final


def test_a_promotion_can_be_missing_from_the_report_of_materials_alone(emulator: Client) -> None:
    unit, whole = shown_promotion(emulator), rows(emulator)
    others = {kind: rows(emulator, kind) for kind in ("promotion", "project", "account")}
    correct(emulator, unit, missing_from=["material"])
    assert of_promotion(emulator, unit["promotion_id"]) == []
    assert sum(row["stat_cost"] for row in rows(emulator)) < sum(row["stat_cost"] for row in whole)
    assert {kind: rows(emulator, kind) for kind in others} == others
    correct(emulator, unit, missing_from=[])
    assert rows(emulator) == whole


def test_spend_of_no_promotion_reaches_no_material(emulator: Client) -> None:
    before = rows(emulator)
    emulator.control("settings", {"roi2": "account"})
    emulator.control("roi2", {"account_id": first_account(emulator), "stat_cost": "500.05"})
    assert rows(emulator) == before


def test_a_fault_hits_the_report_of_materials_as_it_does_any_other(emulator: Client) -> None:
    emulator.control("faults", {"endpoint": "report.material", "kind": "code", "code": 40100})
    assert emulator.report().json()["code"] == 0
    assert [emulator.report("material").json()["code"] for _ in range(2)] == [40100, 0]
    path = ["data", "material_list", 0, "material_name"]
    emulator.control("faults", {"endpoint": "report.material", "kind": "patch", "path": path, "set": "a\u202eb"})
    assert rows(emulator)[0]["material_name"] == "a\u202eb"


def test_a_ratio_without_denominator_is_null_for_odd_materials_and_zero_for_even_ones(emulator: Client) -> None:
    wanted = metrics("conversion_cost", "convert_cnt")
    found = rows(emulator, local_account_id=account(emulator, LARGE), metrics=wanted)
    without = [row for row in found if row["convert_cnt"] == 0]
    assert {row["conversion_cost"] for row in without if row["material_id"] % 2} == {None}
    assert {row["conversion_cost"] for row in without if row["material_id"] % 2 == 0} == {0}


HOSTILE = "=1+1\u202e<b>{{x}}</b>\n\x00" + "长" * 300


@pytest.mark.parametrize("kind", ["promotion", "project", "material"])
def test_whatever_a_row_is_about_can_have_any_name_in_one_account(emulator: Client, kind: str) -> None:
    first, large = first_account(emulator), account(emulator, LARGE)
    before, others = rows(emulator, kind), rows(emulator, kind, local_account_id=large)
    renamed = before[-1][f"{kind}_id"]
    emulator.control("rename", {"account_id": first, f"{kind}_id": str(renamed), "name": HOSTILE})
    for row in before:
        row[f"{kind}_name"] = HOSTILE if row[f"{kind}_id"] == renamed else row[f"{kind}_name"]
    assert rows(emulator, kind) == before
    assert rows(emulator, kind, local_account_id=large) == others


def test_what_is_not_there_cannot_be_renamed(emulator: Client) -> None:
    first = first_account(emulator)
    for kind in ("promotion", "project", "material"):
        with pytest.raises(ValueError, match=r"none of that id|shows no material"):
            emulator.control("rename", {"account_id": first, f"{kind}_id": "5", "name": "x"})
    with pytest.raises(ValueError, match="missing or unknown"):
        emulator.control("rename", {"account_id": first, "name": "x"})


def test_a_world_names_materials_as_it_names_promotions() -> None:
    with EmulatorServer(names=("<i>{n}</i>",)) as server, Client(server.facts()) as client:
        assert all(row["material_name"].startswith("<i>") for row in rows(client))


@pytest.mark.parametrize("kind", KINDS)
def test_control_shows_the_lines_that_a_report_gives(emulator: Client, kind: str) -> None:
    newest = date.fromisoformat(emulator.facts["day"])
    start, wanted = (newest - timedelta(days=3)).isoformat(), "stat_cost,convert_cnt"
    shown = emulator.look("figures", report=kind, start=start, end=newest.isoformat(), metrics=wanted)["rows"]
    reported = []
    for one, name in emulator.facts["accounts"].items():
        found = rows(emulator, kind, local_account_id=one, start_date=start, order_type="ASC")
        reported += [{"local_account_id": int(one), "local_account_name": name, **row} for row in found]
    assert json.loads(json.dumps(shown), parse_float=Decimal) == reported
    assert all(row.keys() >= {PLACE[kind], "stat_time_day", "local_account_id", "stat_cost"} for row in shown)


def test_control_says_which_reports_and_metrics_there_are(emulator: Client) -> None:
    with pytest.raises(ValueError, match="audience"):
        emulator.look("figures", report="audience")
    with pytest.raises(ValueError, match="poi_recommend_count"):
        emulator.look("figures", report="material", metrics="poi_recommend_count")


def test_the_lines_of_a_report_lack_what_a_test_lets_it_leave_out(emulator: Client) -> None:
    (unit, *_) = rows(emulator, "promotion")
    correct(emulator, unit, missing_from=["promotion"])
    first = first_account(emulator)
    told = emulator.look("figures", report="promotion", account_id=first)["rows"]
    assert unit["promotion_id"] not in {row["promotion_id"] for row in told}
    every = emulator.look("figures", account_id=first)["rows"]
    assert unit["promotion_id"] in {row["promotion_id"] for row in every}
