"""The two endpoints that issue a pair of tokens."""

from typing import Any

from emulator.oceanengine import envelope
from emulator.oceanengine.state import OceanEngine
from emulator.shared.parsing import whole
from emulator.shared.wire import Call, Refusal, Reply

JSON_TYPE = "application/json"


def refresh_token(ocean: OceanEngine, call: Call) -> Reply:
    """POST /open_api/oauth2/refresh_token/."""
    body = _credentials(ocean, call, "refresh_token")
    ocean.oauth.check_refresh(body["refresh_token"])
    return envelope.success(_grant(ocean, "oauth.refresh_token"))


def access_token(ocean: OceanEngine, call: Call) -> Reply:
    """POST /open_api/oauth2/access_token/."""
    body = _credentials(ocean, call, "auth_code")
    ocean.oauth.use_code(str(body["auth_code"]))
    return envelope.success(
        _grant(ocean, "oauth.access_token") | {"advertiser_ids": [line.account_id for line in ocean.selection.ticked]}
    )


def _credentials(ocean: OceanEngine, call: Call, wanted: str) -> dict[str, Any]:
    if call.headers.get("content-type", "").split(";")[0].strip().lower() != JSON_TYPE:
        raise Refusal(envelope.NOT_ACCEPTABLE, "Content-Type 必须为 application/json")
    try:
        body = call.document
    except ValueError as problem:
        raise Refusal(envelope.NOT_ACCEPTABLE, "请求体不是合法的 JSON") from problem
    if not isinstance(body, dict) or not body.keys() <= {"app_id", "secret", "grant_type", wanted}:
        raise Refusal(envelope.NOT_ACCEPTABLE, "请求体包含未知字段")
    for name in ("app_id", "secret", wanted):
        if not body.get(name):
            raise Refusal(envelope.NOT_ACCEPTABLE, f"{name}: 缺少必填参数")
    _check_partner(ocean, body, wanted)
    return body


def _check_partner(ocean: OceanEngine, body: dict[str, Any], wanted: str) -> None:
    app_id = body["app_id"]
    parsed = whole(str(app_id), 0, 2**63 - 1) if isinstance(app_id, int | str) else None
    if parsed is None:
        raise Refusal(envelope.NOT_ACCEPTABLE, "app_id: 必须为整数")
    if parsed != ocean.oauth.app_id or body["secret"] != ocean.oauth.secret:
        raise Refusal(envelope.INVALID_PARTNER, "不合法的接入用户")
    if body.get("grant_type", wanted) != wanted:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"grant_type: 应为 {wanted}")


def _grant(ocean: OceanEngine, endpoint: str) -> dict[str, Any]:
    ocean.oauth.granted[endpoint] += 1
    pair, now = ocean.oauth.rotate(), ocean.clock.now()
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_in": round((pair.expires_at - now).total_seconds()),
        "refresh_token_expires_in": round((pair.refresh_expires_at - now).total_seconds()),
    }
