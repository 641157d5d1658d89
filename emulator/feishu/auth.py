"""The endpoint that issues tenant tokens."""

from emulator.feishu import envelope
from emulator.feishu.state import Feishu
from emulator.shared.wire import Call, Refusal, Reply

WRONG_APP = 10014
WRONG_SECRET = 10015


def tenant_access_token(feishu: Feishu, call: Call) -> Reply:
    """POST /open-apis/auth/v3/tenant_access_token/internal: a flat answer, not inside `data`."""
    body = envelope.body_of(call)
    if body.get("app_id") != feishu.tenant.app_id:
        raise Refusal(WRONG_APP, "app id not exists")
    if body.get("app_secret") != feishu.tenant.secret:
        raise Refusal(WRONG_SECRET, "app secret invalid")
    token, left = feishu.tenant.issue()
    payload = {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(left.total_seconds())}
    return Reply(payload)
