"""Ocean Engine's envelope: business errors come with HTTP 200 and `code` other than 0."""

import uuid
from typing import Any

from emulator.shared.wire import Refusal, Reply

# 返回码. Every bad parameter is 40000, the code seen live; 40001, of older tables, is for names that are no metric.
NOT_ACCEPTABLE = 40000
BAD_METRIC = 40001
NO_PERMISSION = 40002
BAD_FILTER = 40003
INVALID_PARTNER = 40101
ACCESS_TOKEN_EXPIRED = 40102
REFRESH_TOKEN_EXPIRED = 40103
INVALID_ACCESS_TOKEN = 40105
INVALID_REFRESH_TOKEN = 40107
AUTH_CODE_USED = 40115
UNKNOWN_PATH = 404


def success(data: dict[str, Any] | list[Any]) -> Reply:
    """An answer with data."""
    return Reply({"code": 0, "message": "OK", "request_id": uuid.uuid4().hex, "data": data})


def refuse(refusal: Refusal) -> Reply:
    """An error: no `data` at all."""
    payload = {"code": refusal.code, "message": refusal.message, "request_id": uuid.uuid4().hex}
    return Reply(payload, status=refusal.status)
