"""Feishu cards about what nobody foresaw, in Chinese."""

from collections.abc import Mapping

from pipeline.core.errors import Trouble
from pipeline.core.unforeseen import Defect
from pipeline.render.elements import Card, card, markdown
from pipeline.render.reasons import why
from pipeline.render.words import clipped, harmless

LETTERS = 300
RUNS_SHOWN = 8
_DEFECTS = {
    Defect.GONE: "记录已丢失",
    Defect.UNREADABLE: "记录无法解析",
    Defect.WRONG_TYPE: "记录在 Redis 中的类型不对",
}


def error_card(title: str, trouble: Trouble) -> Card:
    """The card about an error that ends in no run's card: what to do, and for the engineer what it was."""
    lines = [f"**{why(trouble)}**：{_plain(trouble.what_to_do)}", f"错误信息：{_plain(trouble.message)}"]
    return card(title, "red", [markdown(line) for line in lines])


def aside_card(defects: Mapping[str, Defect]) -> Card:
    """The card about runs that nobody can read, and so nobody looks after any more."""
    lines = [f"{_plain(run_id)}：{_DEFECTS[defect]}" for run_id, defect in list(defects.items())[:RUNS_SHOWN]]
    lines += [f"另有 {len(defects) - RUNS_SHOWN} 次运行"] if len(defects) > RUNS_SHOWN else []
    lines += ["这些运行已搁置，不影响其他运行；所缺日期由系统自动补齐。请联系负责同步的工程师查明原因。"]
    return card("有运行记录读不出来", "red", [markdown(line) for line in lines])


def _plain(text: str) -> str:
    return clipped(harmless(text), LETTERS)
