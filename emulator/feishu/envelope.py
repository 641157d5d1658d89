"""Feishu's envelope, its error names, and the checks that all calls share."""

import uuid
from typing import Any

from emulator.shared.parsing import whole
from emulator.shared.wire import HTTP_BAD_REQUEST, HTTP_OK, Call, Refusal, Reply

NOT_FOUND = 404
WRONG_PATH = 99991201
INVALID_PARAMETER = 99992402

LOG_ID = "X-Tt-Logid"  # exactly so: some clients look it up by case

NAMES = {
    1254000: "WrongRequestJson",
    1254001: "WrongRequestBody",
    1254002: "Fail",
    1254003: "WrongBaseToken",
    1254004: "WrongTableId",
    1254005: "WrongViewId",
    1254006: "WrongRecordId",
    1254009: "WrongFieldId",
    1254011: "Page size must greater than 0",
    1254012: "Unsupported field or view",
    1254013: "TableNameDuplicated",
    1254014: "FieldNameDuplicated",
    1254015: "Field types do not match",
    1254016: "InvalidSort",
    1254018: "InvalidFilter",
    1254019: "InvalidViewType",
    1254020: "ViewNameDuplicated",
    1254021: "EmptyViewName",
    1254022: "InvalidViewName",
    1254023: "LastViewForbidden",
    1254024: "InvalidFieldNames",
    1254026: "EmptyOptionName",
    1254028: "EmptyFieldName",
    1254029: "InvalidFieldName",
    1254037: "Invalid client token, make sure that it complies with the specification",
    1254040: "BaseTokenNotFound",
    1254041: "TableIdNotFound",
    1254042: "ViewIdNotFound",
    1254043: "RecordIdNotFound",
    1254044: "FieldIdNotFound",
    1254045: "FieldNameNotFound",
    1254060: "TextFieldConvFail",
    1254061: "NumberFieldConvFail",
    1254062: "SingleSelectFieldConvFail",
    1254063: "MultiSelectFieldConvFail",
    1254064: "DatetimeFieldConvFail",
    1254065: "CheckboxFieldConvFail",
    1254066: "UserFieldConvFail",
    1254068: "URLFieldConvFail",
    1254072: "Failed to convert phone field, please make sure it is correct",
    1254100: "TableExceedLimit",
    1254101: "ViewExceedLimit",
    1254103: "RecordExceedLimit",
    1254104: "RecordAddOnceExceedLimit",
    1254105: "FieldExceedLimit",
    1254107: "Filter is too long",
    1254108: "Sort is too long",
    1254130: "Cell too large",
    1254112: "Too many requests on a single base",
    1254290: "TooManyRequest",
    1254291: "Write conflict",
    1254608: "Same API requests are submitted repeatedly",
    1255006: "client_token conflict",
}
PROPERTY_CODES = range(1254080, 1254097)

DEFAULT_PAGE_SIZE = 20


def success(data: dict[str, Any]) -> Reply:
    """An answer with data."""
    return Reply({"code": 0, "msg": "success", "data": data}, headers={LOG_ID: uuid.uuid4().hex})


def refused(code: int, why: str = "", *, status: int = HTTP_OK) -> Refusal:
    """A Bitable error: its code, the documented name, and what is wrong here."""
    name = "TypePropertyError" if code in PROPERTY_CODES else NAMES[code]
    return Refusal(code, f"{name}: {why}" if why else name, status=status)


def refuse(refusal: Refusal) -> Reply:
    """An error with its log id."""
    log_id = uuid.uuid4().hex
    payload = {"code": refusal.code, "msg": refusal.message, "error": {"log_id": log_id}}
    return Reply(payload, status=refusal.status, headers={LOG_ID: log_id})


def body_of(call: Call, *, status: int = HTTP_OK) -> dict[str, Any]:
    """The JSON object that a POST or PATCH carries."""
    try:
        body = call.document
    except ValueError as problem:
        raise refused(1254000, "body is not JSON", status=status) from problem
    if not isinstance(body, dict):
        raise refused(1254001, "body is not an object", status=status)
    return body


def allow(given: dict[str, Any], allowed: tuple[str, ...], *, status: int = HTTP_OK) -> None:
    """Refuse keys that the API's page does not name. The service may drop them silently; no caller wants that."""
    unknown = given.keys() - set(allowed)
    if unknown:
        raise refused(1254001, f"unknown {', '.join(sorted(unknown))}", status=status)


def query_of(call: Call, allowed: tuple[str, ...]) -> dict[str, str]:
    """The query parameters. Refuses unknown and repeated ones."""
    given = dict(call.query)
    unknown = given.keys() - set(allowed)
    if unknown or len(given) != len(call.query):
        why = f"unknown or repeated query parameter {', '.join(sorted(unknown))}"
        raise Refusal(INVALID_PARAMETER, why, status=HTTP_BAD_REQUEST)
    return given


def page_of(query: dict[str, str], largest: int, *, status: int = HTTP_OK) -> int:
    """The requested page size, or the default."""
    text = query.get("page_size", str(DEFAULT_PAGE_SIZE))
    size = whole(text, 1, largest)
    if size is None:
        raise refused(1254011, f"page_size must be 1 to {largest}", status=status)
    return size
