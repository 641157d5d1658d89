"""The custom bot's webhook (自定义机器人): signature, keyword, size, kinds of messages."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

from emulator.feishu import envelope, gate
from emulator.feishu.bitable.model import Message
from emulator.feishu.cards import BadCard, check_card
from emulator.feishu.state import Feishu
from emulator.shared.parsing import whole
from emulator.shared.wire import HTTP_BAD_REQUEST, Call, Refusal, Reply

HOOK_ID = "3f2a8c1e-7b5d-4e69-9a0f-2c4d6e8f0a1b"
LARGEST_BODY = 20 * 1024
SIGNATURE_WINDOW_S = 3600
BAD_REQUEST = 9499
WRONG_SIGNATURE = 19021
NO_KEYWORD = 19024
BAD_MESSAGE = 19002
UNKNOWN_HOOK = 19001
TOO_FREQUENT = 11232
# msg_type: the key that holds its content
KINDS = {"text": "content", "post": "content", "interactive": "card", "image": "content", "share_chat": "content"}
SIGNED = {"timestamp", "sign"}


def webhook(feishu: Feishu, call: Call) -> Reply:
    """POST /open-apis/bot/v2/hook/<id>."""
    if call.params["hook_id"] != HOOK_ID:
        raise Refusal(UNKNOWN_HOOK, "param invalid: incoming webhook access token invalid")
    body = _body(call)
    if feishu.settings.webhook_secret:
        _check_signature(feishu, body, feishu.settings.webhook_secret)
    _check_kind(body)
    _check_content(body)
    keyword = feishu.settings.webhook_keyword
    if keyword and keyword not in json.dumps(body.get("content") or body.get("card"), ensure_ascii=False):
        raise Refusal(NO_KEYWORD, "Key Words Not Found")
    feishu.messages.append(Message(feishu.clock.now(), {k: v for k, v in body.items() if k not in SIGNED}))
    return Reply({"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"})


def throttled(_feishu: Feishu, _wait: float, _rate: float) -> Reply:
    """Refuse a call too many: a code of its own, no header."""
    return envelope.refuse(Refusal(TOO_FREQUENT, "frequency limited"))


FAMILY = replace(gate.FAMILY, throttled=throttled)


def _body(call: Call) -> dict[str, Any]:
    bad = Refusal(BAD_REQUEST, "Bad Request", status=HTTP_BAD_REQUEST)
    if len(call.body) > LARGEST_BODY:
        raise bad
    try:
        body = call.document
    except ValueError as problem:
        raise bad from problem
    if not isinstance(body, dict):
        raise bad
    return body


def _check_signature(feishu: Feishu, body: dict[str, Any], secret: str) -> None:
    stamp, sign = str(body.get("timestamp", "")), str(body.get("sign", ""))
    # The secret is part of the key; the message is empty.
    digest = hmac.new(f"{stamp}\n{secret}".encode("utf-8", "replace"), b"", hashlib.sha256).digest()
    now = int(feishu.clock.now().timestamp())
    fresh = whole(stamp, now - SIGNATURE_WINDOW_S, now + SIGNATURE_WINDOW_S) is not None
    if not fresh or not hmac.compare_digest(base64.b64encode(digest), sign.encode("utf-8", "replace")):
        raise Refusal(WRONG_SIGNATURE, "sign match fail or timestamp is not within one hour from current time")


def _check_kind(body: dict[str, Any]) -> None:
    kind = body.get("msg_type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Refusal(BAD_MESSAGE, f"params error, msg_type {kind}")
    if not isinstance(body.get(KINDS[kind]), dict):
        raise Refusal(BAD_MESSAGE, f"params error, {KINDS[kind]} must be an object")
    if not body.keys() <= {"msg_type", KINDS[kind], *SIGNED}:
        raise Refusal(BAD_MESSAGE, "params error, unknown key")


def _check_content(body: dict[str, Any]) -> None:
    kind = body["msg_type"]
    if kind == "text" and not isinstance(body["content"].get("text"), str):
        raise Refusal(BAD_MESSAGE, "params error, text need")
    if kind == "post" and not isinstance(body["content"].get("post"), dict):
        raise Refusal(BAD_MESSAGE, "params error, post need")
    if kind == "interactive":
        try:
            check_card(body["card"])
        except BadCard as problem:
            raise Refusal(problem.code, str(problem)) from problem
