# ruff: noqa: E501 - a limit is one line, whatever its length
"""The custom bot's webhook: what it takes, and its part of the refusal table."""

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest

from tests.emulator.client import Client
from tests.emulator.refusing import Refused, card, hook

MD = {"tag": "markdown", "content": "好"}
SMALL_TABLE = {"tag": "table", "columns": [{"name": "a"}], "rows": []}
BOT = "自定义机器人使用指南"
CARD = "卡片 JSON 2.0 结构"

WEBHOOK = [
    Refused("an unknown hook is refused", BOT, lambda e: e.send("POST", "/open-apis/bot/v2/hook/none", json={}), 200, 19001),
    Refused("a message has a kind", BOT, hook({"content": {"text": "x"}}), 200, 19002),
    Refused("a card stands under card", BOT, hook({"msg_type": "interactive", "content": {"schema": "2.0"}}), 200, 19002),
    Refused("a card is an object, not a text", BOT, hook({"msg_type": "interactive", "card": "{}"}), 200, 19002),
    Refused("a message has at most 20 KB", BOT, hook({"msg_type": "text", "content": {"text": "x" * 20_500}}), 400, 9499),
    Refused("a message is signed where a secret is set", BOT, hook({"msg_type": "text", "content": {"text": "x"}}, webhook_secret="s"), 200, 19021),
    Refused("a keyword stands in the message", BOT, hook({"msg_type": "text", "content": {"text": "x"}}, webhook_keyword="日报"), 200, 19024),
    Refused("a card says schema 2.0", CARD, card(MD, schema="1.0"), 200, 230099),
    Refused("a card has known properties", CARD, card(MD, elements=[]), 200, 230099),
    Refused("note is no tag of 2.0", CARD, card({"tag": "note", "elements": []}), 200, 230099),
    Refused("action is no tag of 2.0", CARD, card({"tag": "action", "actions": []}), 200, 230099),
    Refused("an element has known properties", CARD, card({**MD, "colour": "red"}), 200, 230099),
    Refused("a card has at most 200 elements", CARD, card(*[MD] * 201), 200, 230099),
    Refused("a card has at most 5 tables", CARD, card(*[SMALL_TABLE] * 6), 200, 230099),
    Refused("a table stands at root level", CARD, card({"tag": "column_set", "columns": [{"tag": "column", "elements": [SMALL_TABLE]}]}), 200, 230099),
    Refused("a table shows at most 10 rows a page", CARD, card({**SMALL_TABLE, "page_size": 11}), 200, 230099),
    Refused("a table has at most 50 columns", CARD, card({**SMALL_TABLE, "columns": [{"name": str(n)} for n in range(51)]}), 200, 230099),
    Refused("a row has the columns of its table", CARD, card({**SMALL_TABLE, "rows": [{"b": "x"}]}), 200, 230099),
    Refused("a number column holds numbers", CARD, card({"tag": "table", "columns": [{"name": "a", "data_type": "number"}], "rows": [{"a": "1"}]}), 200, 230099),
    Refused("a column's format has known properties", CARD, card({"tag": "table", "columns": [{"name": "a", "data_type": "number", "format": {"digits": 2}}], "rows": []}), 200, 230099),
    Refused("a chart has a spec with a type", CARD, card({"tag": "chart", "chart_spec": {"data": {}}}), 200, 230099),
    Refused("a chart has a listed ratio", CARD, card({"tag": "chart", "chart_spec": {"type": "bar"}, "aspect_ratio": "3:1"}), 200, 230099),
    Refused("a button has at most 100 characters", CARD, card({"tag": "button", "text": {"tag": "plain_text", "content": "x" * 101}}), 200, 230099),
    Refused("a button is of a listed type", CARD, card({"tag": "button", "type": "link"}), 200, 230099),
    Refused("a button opens a page or calls back", CARD, card({"tag": "button", "behaviors": [{"type": "jump"}]}), 200, 230099),
    Refused("a header has a listed colour", CARD, card(MD, header={"title": {"tag": "plain_text", "content": "x"}, "template": "pink"}), 200, 230099),
    Refused("a header has at most 3 tags", CARD, card(MD, header={"title": {"tag": "plain_text", "content": "x"}, "text_tag_list": [{"tag": "text_tag", "text": {"tag": "plain_text", "content": "t"}}] * 4}), 200, 230099),
]  # fmt: skip


@pytest.mark.parametrize("line", WEBHOOK, ids=[f"{line.limit} ({line.page})" for line in WEBHOOK])
def test_the_limit_is_kept(emulator: Client, line: Refused) -> None:
    answer = line.call(emulator)
    assert (answer.status_code, answer.json()["code"]) == (line.status, line.code), answer.text
    assert emulator.look("state")["messages"] == []


def signed(secret: str, moment: int) -> dict[str, Any]:
    digest = hmac.new(f"{moment}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(moment), "sign": base64.b64encode(digest).decode()}


TEXT_MESSAGE = {"msg_type": "text", "content": {"text": "日报已同步"}}


def test_a_text_is_taken_and_kept(emulator: Client) -> None:
    answer = hook(TEXT_MESSAGE)(emulator)
    assert answer.json() == {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}
    assert emulator.look("state")["messages"][0]["content"] == {"text": "日报已同步"}


def test_a_card_with_every_documented_part_is_taken(emulator: Client) -> None:
    header = {
        "title": {"tag": "plain_text", "content": "本地推日报"},
        "subtitle": {"tag": "plain_text", "content": "2026-11-23"},
        "template": "green",
        "text_tag_list": [{"tag": "text_tag", "text": {"tag": "plain_text", "content": "完成"}, "color": "neutral"}],
    }
    figures = {
        "tag": "table",
        "page_size": 10,
        "columns": [{"name": "a", "display_name": "消耗", "data_type": "number"}],
        "rows": [{"a": 1.5}],
    }
    chart = {"tag": "chart", "chart_spec": {"type": "line"}, "aspect_ratio": "16:9"}
    button = {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "打开"},
        "behaviors": [{"type": "open_url", "default_url": "https://example.com"}],
    }
    columns = {"tag": "column_set", "columns": [{"tag": "column", "width": "weighted", "weight": 1, "elements": [MD]}]}
    config = {"update_multi": True, "enable_forward": True, "width_mode": "fill", "summary": {"content": "x"}}
    answer = card(MD, {"tag": "hr"}, figures, chart, button, columns, header=header, config=config)(emulator)
    assert answer.json()["code"] == 0, answer.text


def test_a_right_signature_is_taken(emulator: Client) -> None:
    body = TEXT_MESSAGE | signed("s3cret", int(time.time_ns() / 1e9))
    assert hook(body, webhook_secret="s3cret")(emulator).json()["code"] == 0
    assert "sign" not in emulator.look("state")["messages"][0]


def test_a_signature_is_good_for_an_hour(emulator: Client) -> None:
    body = TEXT_MESSAGE | signed("s3cret", int(time.time_ns() / 1e9) - 3700)
    assert hook(body, webhook_secret="s3cret")(emulator).json()["code"] == 19021


def test_a_message_needs_no_token_and_no_quota(emulator: Client) -> None:
    hook(TEXT_MESSAGE, webhook_keyword="日报")(emulator)
    assert emulator.look("calls")["quota"] == 0
