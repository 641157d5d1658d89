"""The steps of the set-up: each state of each, the order, and what is to be copied."""

from dataclasses import replace

import pytest

from pipeline.core.outcome import RunState
from pipeline.core.overview.setup.model import Act, Facts, LastRun, Result, Setup, Step, StepState, TablePlan
from pipeline.core.overview.setup.problems import Problem
from pipeline.core.overview.setup.steps import setup_of
from pipeline.core.overview.setup.words import OPTIONAL, PLACES

ORDER = ["settings", "checks", "table", "authorize", "accounts", "bot", "first_run"]
TABLE_ID = "LAIKE_BITABLE_TABLE_ID"
DONE = Facts(testable=True, table_known=True, token=True, accounts=7, succeeded=True)
NAMES = [name for place in PLACES for name in place.variables]


def missing(*names: str) -> tuple[Problem, ...]:
    return tuple(Problem(name, f"{name} is missing", "请填写。", missing=True) for name in names)


def wrong(*names: str) -> tuple[Problem, ...]:
    return tuple(Problem(name, f"{name} is not of its shape", "请修正。", missing=False) for name in names)


def step(facts: Facts, name: str) -> Step:
    return next(one for one in setup_of(facts).steps if one.name == name)


def states(made: Setup) -> dict[str, str]:
    return {one.name: str(one.state) for one in made.steps}


def test_with_nothing_set_the_settings_come_first_and_everything_else_waits() -> None:
    made = setup_of(Facts(problems=missing(*NAMES, TABLE_ID), unset=tuple(OPTIONAL)))
    assert list(states(made)) == ORDER
    assert states(made) == {
        "settings": "open", "checks": "waits", "table": "waits", "authorize": "waits", "accounts": "waits",
        "bot": "waits", "first_run": "waits",
    }  # fmt: skip
    assert made.next is made.steps[0]
    assert (made.done, made.left) == (False, 6)


def test_when_everything_is_there_and_a_run_succeeded_nothing_is_left() -> None:
    made = setup_of(DONE)
    assert set(states(made).values()) == {"done"}
    assert (made.next, made.done, made.left) == (None, True, 0)


def test_the_block_holds_each_missing_name_without_a_value_and_no_key() -> None:
    block = step(Facts(problems=missing(*NAMES, TABLE_ID), unset=tuple(OPTIONAL)), "settings").block
    lines = [line for line in block.splitlines() if not line.startswith("#")]
    assert lines == [f"{name}=" for name in (*NAMES[:-1], *OPTIONAL)]
    assert "LAIKE_TOKEN_KEYS" not in block
    assert TABLE_ID not in block


def test_what_is_wrong_is_told_beside_what_is_missing_and_stands_in_no_block() -> None:
    facts = Facts(problems=missing("LAIKE_FEISHU_APP_SECRET") + wrong("LAIKE_BITABLE_APP_TOKEN", "LAIKE_DAILY_AT"))
    made = step(facts, "settings")
    assert made.state == StepState.WRONG
    assert "缺 1 项，有误 2 项" in made.says
    assert made.block == "# 「凭证与基础信息」中的 App Secret\nLAIKE_FEISHU_APP_SECRET="
    by_place = {one.place.title: [problem.variable for problem in one.problems] for one in made.sections}
    assert by_place["飞书开放平台（open.feishu.cn）"] == ["LAIKE_FEISHU_APP_SECRET"]
    assert by_place["多维表格"] == ["LAIKE_BITABLE_APP_TOKEN"]
    assert by_place["其他设置"] == ["LAIKE_DAILY_AT"]


def test_each_place_says_whether_it_is_done() -> None:
    made = step(Facts(problems=missing("LAIKE_FEISHU_APP_ID") + wrong("LAIKE_TOKEN_KEYS")), "settings")
    assert [str(one.state) for one in made.sections] == ["done", "open", "done", "wrong"]


@pytest.mark.parametrize("address", ["", "https://laike.example.com/authorize/callback"])
def test_the_callback_to_register_is_there_to_copy_once_it_is_known(address: str) -> None:
    (first, *others) = step(Facts(problems=missing("LAIKE_OCEANENGINE_APP_ID"), callback=address), "settings").sections
    assert first.copy == address
    assert ("LAIKE_CONSOLE_URL" in first.last) == (not address)
    assert {one.last for one in others} == {""}


def test_without_a_setting_the_callback_and_the_address_to_write_are_those_where_the_page_is_open() -> None:
    facts = Facts(problems=missing("LAIKE_OCEANENGINE_APP_ID"), unset=tuple(OPTIONAL), address="http://127.0.0.1:8000")
    made = step(facts, "settings")
    assert made.sections[0].copy == "http://127.0.0.1:8000/authorize/callback"
    assert "\nLAIKE_CONSOLE_URL=http://127.0.0.1:8000\n" in made.block
    known = step(replace(facts, callback="https://laike.example.com/back"), "settings")
    assert known.sections[0].copy == "https://laike.example.com/back"


def test_accounts_are_chosen_at_the_latest_before_the_first_run() -> None:
    ready = replace(DONE, succeeded=False)
    assert setup_of(ready).begins
    assert not setup_of(replace(ready, token=False)).begins
    assert not setup_of(DONE).begins


def test_the_command_that_makes_a_key_is_shown_only_while_there_is_none() -> None:
    shown = [step(Facts(problems=made), "settings").sections[3].copy for made in (missing("LAIKE_TOKEN_KEYS"), ())]
    assert ["LAIKE_TOKEN_KEYS=" in one for one in shown] == [True, False]


def test_a_missing_table_id_is_the_matter_of_the_step_that_makes_the_table() -> None:
    facts = Facts(problems=missing(TABLE_ID), testable=True)
    made = states(setup_of(facts))
    assert (made["settings"], made["table"], made["authorize"]) == ("done", "open", "waits")
    assert step(facts, "table").act == Act.LOOK
    assert "数据表建好" in step(facts, "authorize").says


def test_a_wrong_table_id_is_mended_in_the_settings() -> None:
    facts = Facts(problems=wrong(TABLE_ID), testable=True)
    assert step(facts, "settings").state == StepState.WRONG
    assert (step(facts, "table").state, step(facts, "table").act) == (StepState.WAITS, None)


def test_the_apps_can_be_tested_while_other_settings_are_missing() -> None:
    made = step(Facts(problems=missing("LAIKE_OCEANENGINE_SECRET", TABLE_ID), testable=True), "checks")
    assert {item.name: str(item.state) for item in made.items} == {
        "redis": "done",
        "oceanengine": "waits",
        "feishu": "open",
    }
    assert made.state == StepState.OPEN


def test_what_cannot_be_used_at_all_cannot_be_tested() -> None:
    made = step(Facts(problems=wrong("LAIKE_TOKEN_KEYS")), "checks")
    assert {str(item.state) for item in made.items} == {"waits"}


@pytest.mark.parametrize(
    ("result", "expected"), [("ok", "done"), ("warning", "done"), ("broken", "wrong"), ("skipped", "open")]
)
def test_a_test_of_this_visit_decides(result: str, expected: str) -> None:
    tested = {"feishu": (Result("feishu.app", result, "says", "请修正。"),)}
    made = step(Facts(problems=missing(TABLE_ID), testable=True, tested=tested), "checks")
    assert {item.name: str(item.state) for item in made.items}["feishu"] == expected


def test_a_worker_that_does_not_answer_is_left_to_do_although_the_doctor_only_warns() -> None:
    tested = {"schedule": (Result("worker", "warning", "no worker answers"), Result("beat", "ok", "next"))}
    made = setup_of(replace(DONE, tested=tested))
    (item,) = made.steps[-1].items
    assert (item.state, made.done, made.remarks) == (StepState.OPEN, True, 1)
    assert ([one.check for one in item.passed], [one.check for one in item.others]) == (["beat"], ["worker"])


def test_one_broken_result_is_enough_and_the_table_waits_for_it() -> None:
    tested = {"feishu": (Result("feishu.app", "ok", "says"), Result("base", "broken", "says", "请检查。"))}
    facts = replace(DONE, tested=tested)
    assert step(facts, "checks").state == StepState.WRONG
    assert step(facts, "table").state == StepState.WAITS


def test_the_plan_of_the_table_is_shown_before_it_is_made() -> None:
    plan = TablePlan(lines=("新建数据表“广告日报”",))
    made = step(Facts(problems=missing(TABLE_ID), testable=True, plan=plan), "table")
    assert (made.state, made.act, made.lines) == (StepState.OPEN, Act.MAKE, plan.lines)


def test_what_only_a_person_can_mend_comes_before_what_would_be_made() -> None:
    plan = TablePlan(lines=("新建数据表“同步状态”",), left=("“单元ID”列是数字类型，请改为文本。",))
    made = step(replace(DONE, plan=plan), "table")
    assert (made.state, made.act, made.lines) == (StepState.WRONG, Act.LOOK, plan.left)


def test_a_table_whose_id_we_could_not_write_is_copied_and_not_made_again() -> None:
    made = step(Facts(problems=missing(TABLE_ID), testable=True, plan=TablePlan(to_set="tblNew")), "table")
    assert (made.state, made.act, made.block) == (StepState.OPEN, None, f"{TABLE_ID}=tblNew")
    assert any("重启" in line for line in made.lines)


def test_a_table_without_anything_to_make_is_done() -> None:
    facts = Facts(testable=True, plan=TablePlan())
    assert step(facts, "table").state == StepState.DONE
    assert step(replace(facts, plan=None), "table").state == StepState.OPEN


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"token": False}, ("open", "waits")),
        ({"token": False, "token_trouble": "授权已被其他程序占用而失效。"}, ("wrong", "waits")),
        ({"token_trouble": "授权已过期。"}, ("wrong", "waits")),
        ({"accounts": None}, ("done", "open")),
        ({"accounts": 0, "disabled": 7}, ("done", "wrong")),
    ],
)
def test_the_authorization_comes_before_the_accounts(changes: dict[str, object], expected: tuple[str, str]) -> None:
    facts = replace(DONE, succeeded=False, **changes)  # type: ignore[arg-type]
    made = states(setup_of(facts))
    assert (made["authorize"], made["accounts"]) == expected
    assert made["first_run"] == "waits"


def test_accounts_are_counted_with_separators() -> None:
    assert "将同步 1,000 个账户，另有 2 个已停用" in step(replace(DONE, accounts=1000, disabled=2), "accounts").says


def test_a_bot_that_is_not_set_keeps_nobody_from_the_first_run() -> None:
    made = setup_of(replace(DONE, unset=("LAIKE_FEISHU_WEBHOOK_URL",)))
    assert states(made)["bot"] == "open"
    assert (made.done, made.next) == (True, None)


@pytest.mark.parametrize(("result", "expected"), [(None, "open"), ("ok", "done"), ("broken", "wrong")])
def test_a_bot_is_tested_by_a_message(result: str | None, expected: str) -> None:
    tested = {"webhook": (Result("webhook", result, "says", "请检查。"),)} if result else {}
    made = step(replace(DONE, succeeded=False, tested=tested), "bot")
    assert (str(made.state), made.act) == (expected, Act.SEND)


@pytest.mark.parametrize(
    ("last", "succeeded", "expected", "act"),
    [
        (None, False, "open", Act.BEGIN),
        (LastRun("manual-1", RunState.RUNNING), False, "running", None),
        (LastRun("manual-1", RunState.PARTIAL, "请重新授权。"), False, "wrong", Act.BEGIN),
        (LastRun("manual-1", RunState.INTERRUPTED), False, "wrong", Act.BEGIN),
        (LastRun("manual-1", RunState.SUCCESS), True, "done", None),
        (LastRun("manual-2", RunState.RUNNING), True, "done", None),
        (LastRun("manual-2", RunState.FAILED, "请重新授权。"), True, "done", None),
    ],
)
def test_the_first_run_by_the_newest_runs(
    last: LastRun | None, *, succeeded: bool, expected: str, act: Act | None
) -> None:
    made = step(replace(DONE, last=last, succeeded=succeeded), "first_run")
    assert (str(made.state), made.act) == (expected, act)
    assert made.lines == ((last.why,) if last and expected == "wrong" and last.why else ())


def test_a_run_under_way_is_the_next_thing_to_look_at() -> None:
    made = setup_of(replace(DONE, succeeded=False, last=LastRun("manual-1", RunState.RUNNING)))
    assert made.next is not None
    assert (made.next.name, made.done) == ("first_run", False)
