"""What Feishu's codes mean to us: the kind of trouble, whether the call may have had an effect, what a person must do.

Follows 飞书开放平台: 通用错误码, 频控策略, and the codes on the pages of Bitable.
"""

from collections.abc import Mapping

from pipeline.clients.http import Answer, reset_s
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

WRITE_CONFLICT = 1254291  # newer pages count reads of the table, too, while a write is under way
NOT_READY_WAIT_S = 3  # 1254607: earlier work is still being done; seconds, not milliseconds


class AnswerTooLarge(BadResponse):
    """The service does not send so much at once (1254030): ask for less. A write that it answers so may be done."""

    advice = "单次返回的数据过多, 系统会自动减少后重试。"


ERRORS: Mapping[int, type[LaikeError]] = {
    **dict.fromkeys((99991400, 1254112, 1254290, WRITE_CONFLICT, 1254607, 1254036), Throttled),
    **dict.fromkeys((99991663, 99991665, 99991661, 99991671), TokenExpired),
    **dict.fromkeys((2200, 1500, 5000, 1254002, 1254608, *range(1255001, 1255007), 1255040), ServerTrouble),
    **dict.fromkeys((1254040, 1254041, 1254042, 1254044), NotFoundYet),
    1254043: RowVanished,
    **dict.fromkeys((1254024, 1254045), ColumnVanished),
    **dict.fromkeys((1254015, 1254026, *range(1254060, 1254070), 1254072, 1254074, 1254130), RowRefused),
    1254104: BatchTooLarge,
    1254030: AnswerTooLarge,
    1254103: TableFull,
    **dict.fromkeys((10014, 10015, 99991543, 99991662, 99991664, 99991672, 99991673, 99991676, 99991679), NeedsPerson),
    **dict.fromkeys((91403, 99991401, 99991403, 1254301, 1254302, 1254304, 1254305, 1254306), NeedsPerson),
    **dict.fromkeys((*range(1254003, 1254007), 1254009, 1254100, 1254101, 1254105), NeedsPerson),
    131001: ServerTrouble,
    **dict.fromkeys((131004, 131005, 131006, 131007), NeedsPerson),
}
# these may have carried a write out although they say no; the others above refuse it
_EFFECT_POSSIBLE = {2200, 1500, 5000, 1254002, 1254608, *range(1255001, 1255007), 1255040}
_ADVICE = {
    **dict.fromkeys((10014, 10015, 99991543), "请检查 LAIKE_FEISHU_APP_ID 和 LAIKE_FEISHU_APP_SECRET。"),
    **dict.fromkeys((99991672, 99991676, 99991679), "请在飞书开放平台为应用补充多维表格权限并发布版本。"),
    **dict.fromkeys((91403, 1254302, 1254304), "请在多维表格「…」→「更多」→「添加文档应用」中给应用「可管理」权限。"),
    99991403: "飞书租户本月 API 调用量已用完: 请升级版本或等到下月 1 日。",
    1254305: "飞书租户的管控策略不允许应用访问该多维表格：请联系飞书管理员放行该应用，或换一张不受管控的多维表格。",
    **dict.fromkeys(
        (131004, 131007),
        "知识库拒绝了该请求，重试无效：请在浏览器中单独打开该多维表格，把 …/base/… 开头的网址填入 "
        "LAIKE_BITABLE_APP_TOKEN；仍不行请联系飞书支持。",
    ),
    1254101: "数据表的视图已达上限 200 个 (含他人的个人视图): 请删除不用的视图。",
    131005: "多维表格和知识库中都找不到它: 请从浏览器复制多维表格的完整网址, 填入 LAIKE_BITABLE_APP_TOKEN。",
    131006: "应用无权查看该知识库节点: 请在知识库「成员设置」中添加应用, 并在多维表格中给它「可管理」权限。",
    99991401: "请把服务器 IP 加入飞书应用的 IP 白名单。",
    **dict.fromkeys((1254003, 1254004), "请检查 LAIKE_BITABLE_APP_TOKEN 和 LAIKE_BITABLE_TABLE_ID。"),
}


def error_of(path: str, answer: Answer) -> LaikeError:
    """The error that an answer's `code` stands for."""
    body, request_id = answer.body, answer.headers.get("X-Tt-Logid")
    code = body.get("code")
    if not isinstance(code, int):
        return BadResponse(f"{path}: HTTP {answer.status} without a code", request_id=request_id)
    kind = ERRORS.get(code, BadRequest)
    message = f"{path}: code {code}, {body.get('msg')}"
    if issubclass(kind, Retryable):
        wait = NOT_READY_WAIT_S if code == 1254607 else reset_s(answer.headers)  # noqa: PLR2004 see the table
        effect = code in _EFFECT_POSSIBLE
        return kind(message, retry_after=wait, effect_possible=effect, code=code, request_id=request_id)
    return kind(message, what_to_do=_ADVICE.get(code), code=code, request_id=request_id)
