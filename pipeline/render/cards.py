"""Feishu cards about a run, in Chinese. Follows 飞书卡片 JSON 2.0: unknown properties are errors there."""

from datetime import datetime

from pipeline.core.model import CHINA, ZERO
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary

_TEMPLATES = {RunState.SUCCESS: "green", RunState.PARTIAL: "orange"}
_TITLES = {RunState.SUCCESS: "同步成功", RunState.PARTIAL: "部分完成", RunState.FAILED: "同步失败"}
_STATES = {DayState.LOADED: "已入库", DayState.EMPTY: "无数据", DayState.INCOMPLETE: "不完整", DayState.FAILED: "失败"}
ACCOUNTS_SHOWN = 50  # keeps the card below the webhook's 20 KB


def run_card(summary: Summary) -> dict[str, object]:
    """The card that tells how a run ended."""
    title = f"{summary.day} {_TITLES.get(summary.state, summary.state)}"
    texts = [_totals(summary), *_troubles(summary), *summary.warnings, *summary.view_notes]
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": title}},
        "header": {
            "title": {"tag": "plain_text", "content": title},
            "template": _TEMPLATES.get(summary.state, "red"),
        },
        "body": {
            "elements": [
                *({"tag": "markdown", "content": text} for text in texts),
                _account_table(summary.accounts[:ACCOUNTS_SHOWN]),
                {"tag": "markdown", "content": _footer(summary)},
            ]
        },
    }


def seconds_to_wait(now: datetime) -> float:
    """How long to wait before a card is sent: full and half hours are crowded, and the service refuses then."""
    since = (now.minute % 30) * 60 + now.second
    return float(20 - since) if since < 20 else 0.0  # noqa: PLR2004 the seconds of the sentence above


def _totals(summary: Summary) -> str:
    rows = sum(account.rows for account in summary.accounts)
    cost = sum((account.cost for account in summary.accounts), ZERO)
    good = sum(account.state.good for account in summary.accounts)
    return f"**{good}/{len(summary.accounts)} 个账户**, {rows} 行, 消耗 {cost:.2f} 元"


def _troubles(summary: Summary) -> list[str]:
    lines = [f"**{one.name}**: {one.trouble.what_to_do}" for one in summary.accounts if one.trouble]
    return [summary.trouble.what_to_do, *lines] if summary.trouble else lines


def _footer(summary: Summary) -> str:
    written = f"新增 {summary.created} 行, 更新 {summary.updated} 行, 未变 {summary.unchanged} 行"
    checked = "已回读核对" if summary.verified else "未能核对"
    moment = summary.ended_at.astimezone(CHINA)
    return f"{written}; {checked}; 数据截至 {moment:%m-%d %H:%M}"


def _account_table(accounts: tuple[AccountResult, ...]) -> dict[str, object]:
    return {
        "tag": "table",
        "page_size": 10,
        "columns": [
            {"name": "account", "display_name": "账户", "data_type": "text"},
            {"name": "state", "display_name": "状态", "data_type": "text"},
            {"name": "rows", "display_name": "行数", "data_type": "number"},
            {"name": "cost", "display_name": "消耗(元)", "data_type": "number", "format": {"precision": 2}},
        ],
        "rows": [
            {
                "account": one.name,
                "state": _STATES.get(one.state, one.state),
                "rows": one.rows,
                "cost": float(one.cost),
            }
            for one in accounts
        ],
    }
