"""`laike doctor --probe`: what the service's pages leave open, answered by the service."""

import json

import pytest

from pipeline.core.errors import NeedsPerson
from pipeline.steps.doctor.probe import QUESTIONS, probe
from tests.lab import Lab


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
