"""`laike doctor --probe`: what the service's pages leave open, answered by the service."""

import json

import pytest

from emulator.shared.unsure import FACTS
from pipeline.core.errors import NeedsPerson
from pipeline.steps.doctor.probe import UNTOLD, probe
from pipeline.steps.doctor.probe_discovery import DISCOVERY
from pipeline.steps.doctor.probe_reports import REPORTS
from pipeline.steps.doctor.probe_table import TABLE
from tests.lab import Lab

QUESTIONS = (*REPORTS, *DISCOVERY, *TABLE, *UNTOLD)

# where the answer tells which alternative of a fact is real
TOLD = {
    "empty_list": "a report without rows",
    "empty_pages": "a report without rows",
    "no_materials": "a material report without rows",
    "metric_of_no_material": "metric poi_recommend_count of materials",
    "page_beyond_end": "page 9999, past the end",
    "ids": "ids in a row",
    "default_granularity": "time_granularity left out, account report",
    "money": "amounts",
    "ratio_without_denominator": "a cost or rate per nothing",
    "authorized_token": "what was ticked, asked for without a token in the query",
    "account_type": "what a ticked line says of its kind",
    "is_valid": "what a ticked line says of its kind",
    "public_names": "names of 本地推 accounts in public_info",
    "enterprise_bp": "the list of a 升级版工作台",
    "group_bp": "the list of a 集团工作台",
    "agent_ids": "the list of an agent, by page",
    "cursor_info": "the list of an agent, by cursor",
    "child_agent_ids": "the list of second-level agents",
    "text_cells": "text cells of a search",
    "empty_cells": "empty cells of a search",
    "empty_search": "a search that finds nothing",
    "last_page_token": "page_token of a last page",
    "date_filter": "a moment against ExactDate",
    "views_total": "total of the list of views",
    "view_value": "filters of views, read back",
    "unfiltered_view": "filters of views, read back",
}
# where it cannot, and the question that says why
NOT_TOLD = {
    "old_access_token": "the old access token after a refresh",
    "client_token": "a client_token that was used before",
    "write_batch": "records that one batch takes",
    "created_order": "order and cells of the records in the answer to a create",
    "write_echo": "order and cells of the records in the answer to a create",
    "new_table_rows": "rows of a table that was just made, and when it can be read",
    "just_created": "rows of a table that was just made, and when it can be read",
    "view_select": "a view's filter on a select: ids or names of options",
    "throttled_calls": "a call too many at 巨量引擎 (40100, 40110, HTTP 429)",
    "too_many_requests": "a call too many at 飞书 (99991400, 1254290, 1254112)",
    "conflicts": "reads while a write is under way (1254291)",
    "monthly_calls": "calls that a month has (99991403)",
}


def answers(lab: Lab) -> dict[str, str]:
    return {reply.question: reply.answer for reply in probe(lab.context())}


def one(lab: Lab, part: str) -> str:
    return next(answer for question, answer in answers(lab).items() if part in question)


def test_every_question_gets_an_answer_and_nothing_is_written(lab: Lab) -> None:
    before = lab.look("state")["tables"]
    told = answers(lab)
    assert list(told) == list(QUESTIONS)
    assert all(told.values())
    assert lab.look("state")["tables"] == before


def test_every_unsure_fact_is_told_or_said_to_be_beyond_reading() -> None:
    assert TOLD.keys() | NOT_TOLD.keys() == set(FACTS)
    assert TOLD.keys() & NOT_TOLD.keys() == set()
    assert set(NOT_TOLD.values()) == set(UNTOLD)
    assert set(TOLD.values()) <= set(QUESTIONS)


KINDS = ("PLATFORM_ROLE_LIFE", "PLATFORM_ROLE_ENTERPRISE_BP_ADMIN", "PLATFORM_ROLE_GROUP_BP_ADMIN", "AGENT")


def divide_by_nothing(lab: Lab) -> None:
    """Let the newest day of each account have rows without a click: the emulator says null for odd ids, 0 for even."""
    for row in lab.source(lab.day, lab.day).values():
        place = {"promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
        lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "click_cnt": 0})


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A day is loaded, so that there are rows and views; something of each kind is ticked; a view is personal."""
    lab.sync(lab.day)
    first, *others = [f"179000000000000{place}" for place, _ in enumerate(KINDS)]
    ids = ["7100000000000000001", *others]
    ticked = [
        {"account_id": one, "account_name": kind, "account_type": kind} for one, kind in zip(ids, KINDS, strict=True)
    ]
    lab.control("authorized", {"ticked": ticked, "children": {ids[-1]: [first]}})
    divide_by_nothing(lab)
    lab.control("views/add", {"table_id": lab.table_id, "name": "我的", "personal": True})
    return lab


@pytest.mark.parametrize("name", TOLD)
def test_each_alternative_of_a_fact_is_told_apart(ready: Lab, name: str) -> None:
    said = []
    for alternative in FACTS[name].alternatives:
        ready.control("unsure", {name: alternative})
        said.append(answers(ready)[TOLD[name]])
    assert len(set(said)) == len(said), said
    assert not any("no answer" in one for one in said)


def test_what_is_not_accepted_is_told_by_its_code(lab: Lab) -> None:
    told = answers(lab)
    codes = {question: answer for question, answer in told.items() if "code 4" in answer}
    assert "code 40001" in next(answer for question, answer in codes.items() if "metric" in question)
    assert "code 40002" in next(answer for question, answer in codes.items() if "not ours" in question)
    assert "code 40000" in next(answer for question, answer in codes.items() if "page_size" in question)


def test_a_page_past_the_end_is_shown_as_it_comes(lab: Lab) -> None:
    assert "promotion_list []" in one(lab, "past the end")
    assert '"page": 9999' in one(lab, "past the end")


@pytest.mark.parametrize(("ctr", "unit"), [(0.05, "a fraction"), (5, "a percentage")])
def test_the_unit_of_a_rate_comes_from_its_quotient(lab: Lab, ctr: float, unit: str) -> None:
    row = {"promotion_id": 1, "ctr": ctr, "click_cnt": 5, "show_cnt": 100}
    lab.fault("report.promotion", "patch", times="always", path=["data", "promotion_list"], set=[row])
    assert one(lab, "unit of ctr").startswith(unit)


def test_shapes_are_read_from_what_comes(lab: Lab) -> None:
    day = lab.day.isoformat()
    total = {"code": 0, "data": {"promotion_list": [{"promotion_id": 1, "stat_cost": 2}]}}
    hourly = {"code": 0, "data": {"promotion_list": [{"stat_time_day": day, "stat_time_hour": f"{day} 07:00"}]}}
    for granularity, body in (("TOTAL", total), ("HOURLY", hourly)):
        match = {"time_granularity": f"TIME_GRANULARITY_{granularity}"}
        lab.fault("report.promotion", "garbage", times="always", match=match, body=json.dumps(body))
    told = answers(lab)
    assert told["keys of a TOTAL row"] == "promotion_id, stat_cost"
    assert told["stat_time_hour of an HOURLY row"] == f"'{day} 07:00' (stat_time_day '{day}')"
    assert "7 row(s)" in told["time_granularity left out, account report"]


def test_headers_about_rates_are_shown_and_no_others(lab: Lab) -> None:
    assert one(lab, "headers") == "none seen"
    headers = {"X-RateLimit-RetryIn": "5", "X-Secret": "canary"}
    lab.fault("report.promotion", "code", times=1, code=40100, headers=headers)
    assert one(lab, "headers") == "x-ratelimit-retryin: 5"


def test_a_question_without_an_answer_does_not_end_the_others(lab: Lab) -> None:
    lab.fault("report.promotion", "drop_before", times=1)
    told = list(answers(lab).values())
    assert told[0].startswith("no answer: ")
    assert "no answer" not in "".join(told[1:])


def test_without_a_token_nothing_is_asked(lab: Lab) -> None:
    with pytest.raises(NeedsPerson):
        probe(lab.bare_context())


def test_the_command_prints_the_answers(lab: Lab) -> None:
    lab.context()
    shown = lab.laike("doctor", "--probe")
    assert shown.returncode == 0, shown.stderr
    assert all(question in shown.stdout for question in QUESTIONS)
    document = json.loads(lab.laike("doctor", "--probe", "--json").stdout)
    assert [reply["question"] for reply in document] == list(QUESTIONS)
