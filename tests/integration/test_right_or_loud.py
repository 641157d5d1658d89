"""Promise 1: an API error is never "no data", and what is not right is named."""

from typing import Any

import pytest

from pipeline.core.outcome import DayState, RunState, Summary
from tests.lab import WRITES, Lab


def names_of_the_bad(summary: Summary) -> list[str]:
    return [account.id for account in summary.accounts if not account.state.good]


def test_a_row_dropped_between_write_and_read_back_makes_the_run_partial_and_names_account_and_day(either: Lab) -> None:
    account_id, key = next((str(row["local_account_id"]), key) for key, row in either.source().items())
    dropped = {"table_id": either.table_id, "unit_id": key.item_id, "day": key.day.isoformat()}
    searches_before_the_read_back = 2  # the early read; the count of the table's rows
    either.before("records.search", "rows/delete", dropped, call=searches_before_the_read_back + 1)
    summary = either.sync(either.day)
    assert summary.state == RunState.PARTIAL
    assert not summary.verified
    assert names_of_the_bad(summary) == [account_id]
    trouble = next(account.trouble for account in summary.accounts if account.trouble)
    assert trouble.reason == "disagreement"
    assert either.day.isoformat() in trouble.message
    assert "缺少 1 行" in trouble.what_to_do


def test_one_broken_account_is_named_and_the_others_are_loaded(either: Lab) -> None:
    broken = either.accounts[1]
    either.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": broken})
    summary = either.sync()
    assert summary.state == RunState.PARTIAL
    assert names_of_the_bad(summary) == [broken]
    assert len(either.loaded()) == sum(account.window_rows for account in summary.accounts if account.id != broken)


def test_an_account_that_is_back_is_loaded_by_the_next_run(lab: Lab) -> None:
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    lab.sync()
    lab.control("faults/clear", {})
    summary = lab.sync()
    assert summary.state == RunState.SUCCESS
    lab.assert_agrees(summary.days.first, summary.days.last)


def test_a_dead_token_is_refreshed_and_the_run_succeeds(lab: Lab) -> None:
    lab.fault("report.promotion", "code", code=40102, times=1)
    assert lab.sync().state == RunState.SUCCESS
    assert lab.calls("oauth.refresh_token") == 1


def test_a_token_that_cannot_be_refreshed_fails_every_account_and_asks_for_a_person(lab: Lab) -> None:
    lab.context()
    lab.control("rotate", {})
    summary = lab.sync()
    assert summary.state == RunState.FAILED
    assert summary.needs_person
    assert names_of_the_bad(summary) == lab.accounts
    assert lab.calls(*WRITES) == lab.calls("tables.create", "records.batch_create")  # the status table says so


PAGE_2 = {"page": "2"}
PAGE_DEFECTS: dict[str, dict[str, Any]] = {
    "page_info is missing": {"path": ["data", "page_info"], "remove": True},
    "the total changes between pages": {"path": ["data", "page_info", "total_number"], "set": 201, "match": PAGE_2},
    "fewer rows than promised": {"path": ["data", "promotion_list", 0], "remove": True},
    "a page is repeated": {"path": ["data", "page_info", "page"], "set": 1, "match": PAGE_2},
    "a row lacks promotion_id": {"path": ["data", "promotion_list", 0, "promotion_id"], "remove": True},
    "a row lacks stat_cost": {"path": ["data", "promotion_list", 0, "stat_cost"], "remove": True},
    "a row's convert_cnt is null": {"path": ["data", "promotion_list", 0, "convert_cnt"], "set": None},
}


def spoil(lab: Lab, defect: str, times: int | str) -> None:
    """Spoil pages of the account that has three."""
    details = dict(PAGE_DEFECTS[defect])
    match = {"local_account_id": lab.big, **details.pop("match", {})}
    lab.fault("report.promotion", "patch", times=times, match=match, **details)


@pytest.mark.parametrize("defect", PAGE_DEFECTS)
def test_a_defective_page_fails_the_account_and_names_it(lab: Lab, defect: str) -> None:
    big = lab.big
    spoil(lab, defect, "always")
    summary = lab.sync(lab.day)
    assert names_of_the_bad(summary) == [big]
    trouble = next(account.trouble for account in summary.accounts if account.trouble)
    assert trouble.reason == "bad_response"
    assert not [
        key for key in lab.loaded() if key in lab.source() and str(lab.source()[key]["local_account_id"]) == big
    ]


@pytest.mark.parametrize("defect", PAGE_DEFECTS)
def test_a_page_that_was_defective_once_is_read_again(lab: Lab, defect: str) -> None:
    spoil(lab, defect, 1)
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert lab.look("state")["faults"][0]["hits"] == 1
    lab.assert_agrees()


def test_rows_that_do_not_add_up_to_the_accounts_total_are_incomplete_with_the_difference(lab: Lab) -> None:
    first = lab.accounts[0]
    patch = {"path": ["data", "promotion_list", 0, "stat_cost"], "set": 99999.5}
    lab.fault("report.promotion", "patch", times="always", match={"local_account_id": first}, **patch)
    summary = lab.sync(lab.day)
    assert [account.state for account in summary.accounts if account.id == first] == [DayState.INCOMPLETE]
    assert summary.state == RunState.PARTIAL
    assert "相差" in str(summary.accounts[0].trouble)


def test_no_account_has_data_although_the_week_before_cost_something(lab: Lab) -> None:
    for row in lab.source().values():
        place = {"promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
        lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "absent": True})
    summary = lab.sync(lab.day)
    assert summary.state == RunState.PARTIAL
    assert summary.trouble
    assert summary.trouble.reason == "suspicious_empty"


def test_an_empty_report_of_an_account_that_spent_is_not_called_empty(lab: Lab) -> None:
    first = lab.accounts[0]
    nothing = {"promotion_list": [], "page_info": {"page": 1, "page_size": 100, "total_number": 0, "total_page": 0}}
    lab.fault(
        "report.promotion", "patch", times="always", match={"local_account_id": first}, path=["data"], set=nothing
    )
    summary = lab.sync(lab.day)
    assert names_of_the_bad(summary) == [first]


def test_what_the_table_has_beyond_the_source_is_told_in_yuan_and_kept(either: Lab) -> None:
    either.sync(either.day)
    key, row = next(iter(either.source().items()))
    gone = {"account_id": str(row["local_account_id"]), "promotion_id": key.item_id, "day": key.day.isoformat()}
    either.control("figures", {**gone, "absent": True})
    summary = either.sync(either.day)
    assert (summary.state, summary.gone) == (RunState.SUCCESS, 1)
    assert any(f"共多出 {row['stat_cost']:.2f} 元" in warning for warning in summary.warnings)
    assert key in either.loaded()


def test_a_row_that_stands_twice_makes_the_run_partial(either: Lab) -> None:
    either.sync(either.day)
    cells = next(record["fields"] for record in either.records() if record["fields"].get("单元ID"))
    either.control("rows/insert", {"table_id": either.table_id, "fields": cells, "by": "person"})
    summary = either.sync(either.day)
    assert (summary.state, summary.duplicates) == (RunState.PARTIAL, 1)
    assert "重复 1 行" in next(account.trouble for account in summary.accounts if account.trouble).what_to_do


def test_after_the_deadline_nothing_is_called_and_every_account_says_so(lab: Lab) -> None:
    lab.extra["LAIKE_RUN_DEADLINE_S"] = "0.000001"
    summary = lab.sync(lab.day)
    assert summary.state == RunState.FAILED
    assert {account.trouble.reason for account in summary.accounts if account.trouble} == {"deadline"}
    assert lab.calls("report.promotion", "report.account", "records.batch_create") == lab.calls("records.batch_create")
