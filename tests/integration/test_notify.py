"""Whether the group can be told is tried by one command, which needs nothing else to be right."""

import json
import re

from tests.lab import Lab


def messages(lab: Lab) -> str:
    return json.dumps(lab.look("state")["messages"], ensure_ascii=False)


def test_a_message_arrives_and_the_bot_s_words_are_printed(lab: Lab) -> None:
    ended = lab.laike("notify", "test", LAIKE_REDIS_URL="redis://127.0.0.1:1/0")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "code 0, success" in ended.stdout
    assert "同步通知测试" in messages(lab)


def test_a_bot_that_refuses_is_quoted_and_the_cure_is_in_the_words_of_its_page(lab: Lab) -> None:
    lab.control("settings", {"webhook_secret": "another"})
    ended = lab.laike("notify", "test")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "19021" in ended.stderr
    assert "签名校验" in ended.stderr
    assert messages(lab) == "[]"


def test_a_crowded_minute_passes_by_itself(lab: Lab) -> None:
    lab.fault("bot.webhook", "code", code=11232, times=1)
    ended = lab.laike("notify", "test", "--json")
    assert ended.returncode == 3
    said = json.loads(ended.stdout)
    assert (said["sent"], "11232" in said["said"]) == (False, True)
    assert "自动放慢" in said["what_to_do"]


def test_a_hook_that_nobody_answers_is_told_with_where_to_find_it_and_without_its_address(lab: Lab) -> None:
    hook = "http://127.0.0.1:1/open-apis/bot/v2/hook/canary-4711"
    ended = lab.laike("notify", "test", LAIKE_FEISHU_WEBHOOK_URL=hook)
    assert ended.returncode == 3
    assert "「自定义机器人」" in ended.stderr
    assert not re.search("canary", ended.stdout + ended.stderr)


def test_without_a_hook_it_is_wrong_usage(lab: Lab) -> None:
    ended = lab.laike("notify", "test", LAIKE_FEISHU_WEBHOOK_URL="")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "LAIKE_FEISHU_WEBHOOK_URL is not set" in ended.stderr
