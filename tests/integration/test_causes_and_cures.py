"""What went wrong is named as it is, with one cure: by commands, by cards and by doctor alike."""

import json
from collections.abc import Callable

import pytest

from pipeline.core.causes import CAUSES, cure_of, maintenance_of
from pipeline.steps.telling.token import keep_token
from tests.lab import Lab

UNWRITABLE = "/proc/laike-token"


def last_card(lab: Lab) -> str:
    return json.dumps(lab.look("state")["messages"][-1], ensure_ascii=False)


def test_a_code_that_never_was_one_asks_for_another_authorization(lab: Lab) -> None:
    ended = lab.laike("token", "exchange", "nonsense")
    assert ended.returncode == 4
    assert maintenance_of("auth_code") in ended.stderr.replace("\n", "")
    assert "检查该账户" not in ended.stderr


def refusing(endpoint: str, code: int) -> Callable[[Lab], None]:
    return lambda lab: lab.fault(endpoint, "code", code=code, times="always")


def feishu_app_is(name: str, value: str) -> Callable[[Lab], None]:
    return lambda lab: lab.extra.update({name: value})


WRONG: dict[str, tuple[Callable[[Lab], None], str]] = {
    # what is so: the cause that the run's card names
    "the app id is wrong": (feishu_app_is("LAIKE_FEISHU_APP_ID", "cli_0000"), "feishu_app"),
    "the app secret is wrong": (feishu_app_is("LAIKE_FEISHU_APP_SECRET", "nonsense"), "feishu_app"),
    "the app is off": (refusing("feishu.token", 99991662), "feishu_app_off"),
    "a scope is lacking": (refusing("fields.list", 99991672), "feishu_scope"),
    "the app may not edit": (refusing("fields.list", 1254302), "feishu_document"),
    "the address is not allowed": (refusing("fields.list", 99991401), "feishu_ip"),
    "the month's calls are spent": (refusing("fields.list", 99991403), "feishu_quota"),
    "the edition is too small": (refusing("fields.list", 1254306), "feishu_limit"),
    "the table does not exist": (refusing("fields.list", 1254004), "feishu_table"),
    "the Ocean Engine app is wrong": (refusing("report.promotion", 40101), "oceanengine_app"),
    "the report is not granted": (refusing("report.promotion", 40118), "oceanengine_scope"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_run_that_fails_names_the_cause_and_its_cure_on_the_card_and_at_the_terminal(lab: Lab, name: str) -> None:
    inflict, cause = WRONG[name]
    inflict(lab)
    summary = lab.sync(lab.day)
    troubles = [summary.trouble, *(account.trouble for account in summary.accounts)]
    assert {(one.reason, one.what_to_do) for one in troubles if one} == {(cause, cure_of(cause))}
    card = last_card(lab)
    assert CAUSES[cause].words in card
    assert cure_of(cause).removeprefix(f"{CAUSES[cause].words}，").removesuffix("。") in card


def test_a_mirror_that_cannot_be_written_is_told_to_the_group_once_a_day(lab: Lab) -> None:
    lab.context()
    lab.extra["LAIKE_TOKEN_FILE"] = UNWRITABLE
    for _ in range(2):
        keep_token(lab.bare_context())
    cards = [json.dumps(one, ensure_ascii=False) for one in lab.look("state")["messages"]]
    (told,) = [card for card in cards if CAUSES["token_mirror"].words in card]
    assert cure_of("token_mirror").removesuffix("。") in told
