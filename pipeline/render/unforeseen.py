"""Feishu cards about unforeseen errors, in Chinese."""

from collections.abc import Mapping

from pipeline.core.errors import Trouble
from pipeline.core.unforeseen import Defect
from pipeline.render.elements import Card, card, markdown
from pipeline.render.markdown import Markdown
from pipeline.render.reasons import cure, why
from pipeline.render.words import clipped

LETTERS = 300
RUNS_SHOWN = 8
_DEFECTS = {
    Defect.GONE: "记录已丢失",
    Defect.UNREADABLE: "记录无法读取",
    Defect.WRONG_TYPE: "记录的格式不对",
}


def error_card(title: str, trouble: Trouble, kind: str) -> Card:
    """The card about an error that ends in no run's card: what to do, and the `kind` by which the log is searched."""
    said = Markdown("**{}**：{}", why(trouble), clipped(cure(trouble), LETTERS))
    return card(title, "red", [markdown(said), markdown(Markdown("详情见服务器日志（{}）。", kind))])


def aside_card(defects: Mapping[str, Defect]) -> Card:
    """The card about runs that were put aside, since their records cannot be read."""
    first = list(defects.items())[:RUNS_SHOWN]
    said = [Markdown("{}：{}", clipped(run_id, LETTERS), _DEFECTS[defect]) for run_id, defect in first]
    said += [Markdown("另有 {} 次运行", len(defects) - RUNS_SHOWN)] if len(defects) > RUNS_SHOWN else []
    said += [Markdown("这些运行已搁置，不影响其他运行，所缺日期由系统自动补齐；请联系维护人员查明原因。")]
    return card("部分运行记录无法读取", "red", [markdown(line) for line in said])
