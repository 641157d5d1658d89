"""Why something went wrong, in a few Chinese words."""

from pipeline.core.errors import Trouble

REASONS = {
    "account_unavailable": "账户不可用",
    "bad_request": "请求被拒绝",
    "bad_response": "接口返回不完整",
    "batch_too_large": "单次写入过多",
    "bug": "程序错误",
    "busy": "正在进行",
    "column_vanished": "列不存在",
    "conflict": "两个账户数据矛盾",
    "deadline": "运行超时",
    "disagreement": "表格与数据源不一致",
    "failed": "未完成",
    "incomplete": "数据不完整",
    "interrupted": "步骤中断",
    "needs_authorization": "授权失效",
    "needs_person": "缺少权限",
    "no_worker": "没有 worker",
    "not_found": "找不到表格",
    "redis_unreachable": "Redis 无法连接",
    "row_refused": "部分行被拒绝",
    "row_vanished": "表格被改动",
    "server_trouble": "对方服务故障",
    "stopped": "已停止",
    "suspicious_empty": "所有账户无数据",
    "table_full": "表格已满",
    "table_mismatch": "列不符",
    "table_unseen": "表格读不出数据",
    "throttled": "调用过于频繁",
    "token_expired": "令牌过期",
    "unavailable": "对方服务不可用",
    "unreachable": "网络不通",
    "wrong_input": "设置有误",
}


def why(trouble: Trouble) -> str:
    """The reason and the service's own code, by which its support finds it."""
    said = REASONS.get(trouble.reason, "出错")
    return f"{said}，错误码 {trouble.code}" if trouble.code else said
