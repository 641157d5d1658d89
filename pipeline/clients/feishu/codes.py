"""Map Feishu's codes to our errors: the kind, whether the call may have had an effect, the cause.

Follows 飞书开放平台: 通用错误码, 频控策略, and the codes on the pages of Bitable.
"""

from collections.abc import Mapping

from pipeline.clients.http import Answer, reset_s, without_code
from pipeline.core.errors import (
    BadRequest,
    BadResponse,
    BatchTooLarge,
    ColumnVanished,
    LaikeError,
    NeedsPerson,
    NotFoundYet,
    Retryable,
    RowRefused,
    RowVanished,
    ServerTrouble,
    TableFull,
    Throttled,
    TokenExpired,
)
from pipeline.core.text import one_line

TABLE_NOT_FOUND = 1254041
WRITE_CONFLICT = 1254291  # newer pages say that reads conflict with a write, too
TABLE_NAME_TAKEN = 1254013  # also after a create whose answer was lost
NOT_READY_WAIT_S = 3  # 1254607: earlier work is not done; takes seconds, not milliseconds


class AnswerTooLarge(BadResponse):
    """The answer is too large for the service (1254030): ask for less. A write with this answer may be done."""

    advice = "单次返回的数据过多，系统会自动减少后重试。"


ERRORS: Mapping[int, type[LaikeError]] = {
    **dict.fromkeys((99991400, 1254112, 1254290, WRITE_CONFLICT, 1254607, 1254036), Throttled),
    **dict.fromkeys((99991663, 99991665, 99991661, 99991671), TokenExpired),
    **dict.fromkeys((2200, 1500, 5000, 1254002, 1254608, *range(1255001, 1255007), 1255040), ServerTrouble),
    **dict.fromkeys((1254040, TABLE_NOT_FOUND, 1254042, 1254044), NotFoundYet),
    1254043: RowVanished,
    **dict.fromkeys((1254024, 1254045), ColumnVanished),
    **dict.fromkeys((1254015, 1254026, *range(1254060, 1254070), 1254072, 1254074, 1254130), RowRefused),
    1254104: BatchTooLarge,
    1254030: AnswerTooLarge,
    1254103: TableFull,
    **dict.fromkeys(
        (10003, 10014, 10015, 99991543, 99991662, 99991664, 99991672, 99991673, 99991676, 99991679), NeedsPerson
    ),
    **dict.fromkeys((91403, 99991401, 99991403, 1254301, 1254302, 1254304, 1254305, 1254306), NeedsPerson),
    **dict.fromkeys((*range(1254003, 1254007), 1254009, 1254100, 1254101, 1254105), NeedsPerson),
    131001: ServerTrouble,
    **dict.fromkeys((131004, 131005, 131006, 131007), NeedsPerson),
}
# after these a write may have been carried out; the other codes refuse it
_EFFECT_POSSIBLE = {2200, 1500, 5000, 1254002, 1254608, *range(1255001, 1255007), 1255040}
# the cause behind a code, where its kind does not tell it
CAUSES: Mapping[int, str] = {
    **dict.fromkeys((10003, 10014, 10015, 99991543), "feishu_app"),
    **dict.fromkeys((99991662, 99991673), "feishu_app_off"),
    **dict.fromkeys((99991672, 99991676, 99991679), "feishu_scope"),
    **dict.fromkeys((91403, 1254302, 1254304), "feishu_document"),
    99991401: "feishu_ip",
    99991403: "feishu_quota",
    **dict.fromkeys((1254301, 1254306), "feishu_limit"),
    **dict.fromkeys((1254003, 131005), "feishu_base"),
    1254004: "feishu_table",
    1254100: "base_full",
    1254101: "views_full",
    131006: "wiki_node",
    1254305: "feishu_policy",
    **dict.fromkeys((131004, 131007), "wiki_refused"),
}


def error_of(path: str, answer: Answer) -> LaikeError:
    """The error of an answer, by its `code`, else by its HTTP status."""
    body, request_id = answer.body, answer.headers.get("X-Tt-Logid")
    code = answer.code
    if code is None:
        return without_code(path, answer, request_id)
    kind = ERRORS.get(code, BadRequest)
    message, cause = f"{path}: code {code}, {one_line(body.get('msg'))}", CAUSES.get(code)
    if issubclass(kind, Retryable):
        wait = NOT_READY_WAIT_S if code == 1254607 else reset_s(answer.headers)  # noqa: PLR2004 see the table
        effect = code in _EFFECT_POSSIBLE
        return kind(message, retry_after=wait, effect_possible=effect, reason=cause, code=code, request_id=request_id)
    return kind(message, reason=cause, code=code, request_id=request_id)
