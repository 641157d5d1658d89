"""Feishu cards about a run, in Chinese. Follows 飞书卡片 JSON 2.0: unknown properties are errors there."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pipeline.core.model import CHINA, ZERO
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary

_TEMPLATES = {RunState.SUCCESS: "green", RunState.PARTIAL: "orange"}
_TITLES = {
    RunState.SUCCESS: "同步成功",
    RunState.PARTIAL: "部分完成",
    RunState.FAILED: "同步失败",
    RunState.INTERRUPTED: "同步中断",
    RunState.RUNNING: "同步中",
}
_STATES = {
    DayState.LOADED: "已入库",
    DayState.EMPTY: "无数据",
    DayState.INCOMPLETE: "不完整",
    DayState.FAILED: "失败",
    DayState.MISSING: "未取到",
    DayState.PARKED: "已停用",
    DayState.OPEN: "未结束",
}
# together they keep the card below the webhook's 20 KB, in which a Chinese letter takes six bytes
ACCOUNTS_SHOWN, NAME_LETTERS = 30, 30
LINES_SHOWN, LINE_LETTERS = 8, 160
NAMES_TOGETHER = 3


def run_card(summary: Summary) -> dict[str, object]:
    """The card that tells how a run ended."""
    title, link = f"{summary.day} {_TITLES[summary.state]}", authorize_link_in(summary)
    told = [*_troubles(summary), *_restatements(summary), *summary.warnings, *summary.view_notes]
    texts = [_totals(summary), *_shortened(told)]
    in_trouble_first = sorted(summary.accounts, key=lambda one: one.state.good)
    elements = [
        *map(_markdown, texts),
        *([_authorize_button(link)] if link else []),
        _account_table(in_trouble_first[:ACCOUNTS_SHOWN]),
        _markdown(_footer(summary)),
    ]
    return _card(title, _TEMPLATES.get(summary.state, "red"), elements)


def trouble_card(title: str, lines: Sequence[str], link: str) -> dict[str, object]:
    """The card about a trouble outside of runs that a new authorization ends."""
    return _card(title, "red", [*map(_markdown, _shortened(lines)), _authorize_button(link)])


def greeting_card(now: datetime) -> dict[str, object]:
    """A card that only says that cards arrive."""
    text = f"收到这条消息, 说明运行结果会发到本群。发送时间 {now.astimezone(CHINA):%m-%d %H:%M}"
    return _card("同步通知测试", "blue", [_markdown(text)])


def authorize_link_in(summary: Summary) -> str | None:
    """Where a person must authorize again, if that is what the run lacked."""
    troubles = (summary.trouble, *(account.trouble for account in summary.accounts))
    return next((trouble.link for trouble in troubles if trouble and trouble.link), None)


def seconds_to_wait(now: datetime) -> float:
    """How long to wait before a card is sent: full and half hours are crowded, and the service refuses then."""
    since = (now.minute % 30) * 60 + now.second
    return float(20 - since) if since < 20 else 0.0  # noqa: PLR2004 the seconds of the sentence above


def _card(title: str, template: str, elements: Sequence[dict[str, object]]) -> dict[str, object]:
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": title}},
        "header": {"title": {"tag": "plain_text", "content": title}, "template": template},
        "body": {"elements": list(elements)},
    }


def _markdown(text: str) -> dict[str, object]:
    return {"tag": "markdown", "content": text}


def _authorize_button(link: str) -> dict[str, object]:
    return {
        "tag": "button",
        "text": {"tag": "plain_text", "content": "打开授权页"},
        "type": "primary",
        "behaviors": [{"type": "open_url", "default_url": link}],
    }


def _totals(summary: Summary) -> str:
    rows = sum(account.rows for account in summary.accounts)
    cost = sum((account.cost for account in summary.accounts), ZERO)
    good = sum(account.state.good for account in summary.accounts)
    return f"**{good}/{len(summary.accounts)} 个账户**, {rows} 行, 消耗 {cost:.2f} 元"


def _troubles(summary: Summary) -> list[str]:
    """What to do, each once, with the names of the accounts; what befell the whole run is not told of each again."""
    befallen: dict[str, list[str]] = {}
    for one in summary.accounts:
        told_weekly = one.state == DayState.PARKED  # by a warning of its own
        if one.trouble and one.trouble != summary.trouble and not told_weekly:
            befallen.setdefault(one.trouble.what_to_do, []).append(_clipped(one.name, NAME_LETTERS))
    lines = [f"**{_together(names)}**: {advice}" for advice, names in befallen.items()]
    return [summary.trouble.what_to_do, *lines] if summary.trouble else lines


def _restatements(summary: Summary) -> list[str]:
    """Days before the newest whose figures the source corrected, by account."""
    names = {account.id: _clipped(account.name, NAME_LETTERS) for account in summary.accounts}
    days: dict[str, list[str]] = {}
    for at in summary.restatements:
        days.setdefault(names[at.account_id], []).append(f"{at.day:%m-%d}")
    told = "; ".join(f"{name} {'、'.join(of)}" for name, of in days.items())
    return [f"数据源修正了历史数据, 已更新: {told}"] if told else []


def _together(names: Sequence[str]) -> str:
    shown = "、".join(names[:NAMES_TOGETHER])
    return f"{shown} 等 {len(names)} 个账户" if len(names) > NAMES_TOGETHER else shown


def _shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - LINES_SHOWN
    shown = [_clipped(line, LINE_LETTERS) for line in lines[:LINES_SHOWN]]
    return [*shown, f"另有 {more} 条, 见同步状态表"] if more > 0 else shown


def _clipped(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _footer(summary: Summary) -> str:
    written = f"新增 {summary.created} 行, 更新 {summary.updated} 行, 未变 {summary.unchanged} 行"
    checked = "已回读核对" if summary.verified else "未能核对"
    moment = summary.ended_at.astimezone(CHINA)
    hidden = len(summary.accounts) - ACCOUNTS_SHOWN
    more = f"另有 {hidden} 个账户, 见同步状态表; " if hidden > 0 else ""
    return f"{more}{written}; {checked}; 数据截至 {moment:%m-%d %H:%M}"


def _account_table(accounts: Iterable[AccountResult]) -> dict[str, object]:
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
                "account": _clipped(one.name, NAME_LETTERS),
                "state": _STATES[one.state],
                "rows": one.rows,
                "cost": float(one.cost),
            }
            for one in accounts
        ],
    }
