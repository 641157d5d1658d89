"""What people read: full-width punctuation, amounts with separators, and for the group no word of a developer."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.causes import CAUSES, cure_of
from pipeline.core.coverage.aftermath import TableEnd, aftermath
from pipeline.core.coverage.history import Figures
from pipeline.core.errors import LaikeError, Trouble
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.runs.summary import with_further
from pipeline.core.telling.background import Background
from pipeline.core.telling.recovery import Recovery
from pipeline.core.telling.week import Week
from pipeline.core.unforeseen import Defect
from pipeline.render.cards import greeting_card, run_card, trouble_card
from pipeline.render.period_card import report_card, weekly_card
from pipeline.render.report import page
from pipeline.render.unforeseen import aside_card, error_card
from tests.hostile import strings
from tests.unit.pipeline.core.telling.test_report import report, row, summed
from tests.unit.pipeline.render.test_cards import DAY, NOW, account, summary
from tests.unit.pipeline.render.test_period_card import account as account_week
from tests.unit.test_house import parsed

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for package in ("pipeline", "worker", "cli", "console") for path in (ROOT / package).rglob("*.py"))
TEMPLATE = ROOT / "pipeline/render/templates/report.html"
CHINESE = r"[\u4e00-\u9fff“”「」，。：；（）]"
HALF_WIDTH = re.compile(rf"{CHINESE} ?[,:;()]|[,:;()] ?{CHINESE}")
COLUMN = re.compile(  # names of the table's columns, which people refer to
    r"(消耗|转化成本|总成交金额|订单成本)\(元\)|(转化数|转化成本|预付定金数)\(计费时间\)(\(元\))?"
)
ID = re.compile(r"（编号 \w+）")  # by which the maintainer finds the page
DEVELOPERS = re.compile(
    r"laike |LAIKE_|\.env|\.toml|\.py\b|--\w|令牌|密钥|租户|回读|批次"
    r"|(?<![A-Za-z])(?:token|redis|worker|beat|key|task|api|json|webhook|url|http|app_id|secret|docker)(?![A-Za-z])",
    re.IGNORECASE,
)
BARE = re.compile(r"(?<![\d,.\-])\d{4,}(?:\.\d+)? [元行次条]")

# Files whose texts only the engineer reads: at a terminal, on the set-up page.
AT_A_TERMINAL = (
    "cli/", "pipeline/settings.py", "pipeline/state/outages.py", "pipeline/state/envfile.py", "pipeline/steps/doctor/",
    "pipeline/steps/on_demand/", "pipeline/core/overview/setup/",
)  # fmt: skip
# What else the group never reads, by file and name.
FOR_THE_MAINTAINER = {
    "pipeline/clients/oceanengine/accounts.py": {"_NAME_THEM"},
    "pipeline/steps/telling/tell.py": {"SET_THE_HOOK", "_REFUSED"},
}


def chinese(text: str) -> bool:
    """Whether a text is Chinese, and not an English one with Chinese names in it, or an expression."""
    return "\\" not in text and len(re.findall(r"[\u4e00-\u9fff]", text)) > len(re.findall(r"[a-z]", text))


def docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def literals(tree: ast.AST, without: set[int]) -> Iterator[str]:
    """Chinese texts of a file; what a text is put together from stands as `{}`."""
    if id(tree) in without:
        return
    if isinstance(tree, ast.JoinedStr):
        said = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in tree.values)
        if chinese(said):
            yield said
        for one in tree.values:
            if isinstance(one, ast.FormattedValue):
                yield from literals(one.value, without)
    elif isinstance(tree, ast.Constant):
        if isinstance(tree.value, str) and chinese(tree.value):
            yield tree.value
    else:
        for child in ast.iter_child_nodes(tree):
            yield from literals(child, without)


def maintainers(tree: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    """What of a file is for the maintainer: `for_maintainer`, what is named there, and the third words of causes."""
    names = set(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "for_maintainer":
            yield node.value
            names |= {one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Cause":
            yield from node.args[2:]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and {ast.unparse(one) for one in node.targets} & names:
            yield node.value


def unseparated(tree: ast.AST) -> Iterator[str]:
    """Numbers before 元 or 行 that are formatted without separators."""
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for one, after in pairwise(parts):
            bare = isinstance(one, ast.FormattedValue) and "," not in ast.unparse(one.format_spec or ast.Constant(""))
            if bare and isinstance(after, ast.Constant) and str(after.value).startswith((" 元", " 行")):
                assert isinstance(one, ast.FormattedValue)
                if not isinstance(one.value, ast.Call):  # which formats it
                    yield ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_chinese_texts_have_full_width_punctuation_and_amounts_their_separators(path: Path) -> None:
    tree = parsed(path)
    texts = literals(tree, {id(one) for one in docstrings(tree)})
    assert [said for said in texts if HALF_WIDTH.search(COLUMN.sub("", said))] == []
    assert path.is_relative_to(ROOT / "cli") or list(unseparated(tree)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_group_reads_names_no_command_setting_or_file(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if name.startswith(AT_A_TERMINAL):
        return
    tree = parsed(path)
    left_out = [*docstrings(tree), *maintainers(tree, FOR_THE_MAINTAINER.get(name, set()))]
    texts = literals(tree, {id(one) for one in left_out})
    assert [said for said in texts if DEVELOPERS.search(said)] == []


def test_the_page_of_a_report_has_full_width_punctuation() -> None:
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    shown = (re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", "", line) for line in lines)
    assert [line for line in shown if HALF_WIDTH.search(line)] == []


def troubles() -> Iterator[Trouble]:
    """One of each cause."""
    for reason in CAUSES:
        yield LaikeError("POST /open_api: code 10014 LAIKE_X token", reason=reason, code=10014).trouble()


@pytest.mark.parametrize("reason", CAUSES)
def test_the_cure_of_a_cause_is_for_the_group_and_keeps_its_number(reason: str) -> None:
    said = f"{CAUSES[reason].words}：{cure_of(reason)}"
    assert not HALF_WIDTH.search(said)
    assert not DEVELOPERS.search(ID.sub("", said))
    assert "维护人员" not in said or f"（编号 {reason}）" in said or "发给维护人员" in said


def runs() -> Iterator[Summary]:
    for state in RunState:
        for day in DayState:
            yield summary(state, account(1, day), account(2), created=12345, updated=2345, unchanged=1234)
    for trouble in troubles():
        yield summary(RunState.PARTIAL, account(1, DayState.FAILED, trouble), account(2))
        yield summary(RunState.FAILED, account(1, DayState.FAILED, trouble), trouble=trouble, verified=False)


def beside() -> Background:
    days = [DAY - timedelta(days=ago) for ago in range(14)]
    known = {
        AccountDay(one.id, day): Figures(1234, Decimal(day.day * 1000), Decimal(5))
        for one in (account(1),)
        for day in days
    }
    return Background(history=known, recoveries=(Recovery(("城东店",), NOW),), alerts=("城东店：无消耗",))


def in_tables() -> Iterator[Any]:
    """Cards of runs in several tables, and of one in a further table alone."""
    for one in runs():
        other = replace(one, table="项目日报", warnings=("表格用到 80%",), view_notes=("缺少视图：城东店",))
        both = with_further(summary(), [other])
        tables = tuple(TableEnd(end=end, after=aftermath(end, None)) for end in both.further)
        over = (Recovery(("城东店",), NOW, "项目日报"),)
        yield run_card(both, replace(beside(), further=tables, recoveries=over, several=True))
        yield run_card(other, replace(beside(), several=True))


def cards() -> Iterator[Any]:
    """Each kind of card, a run's with each cause."""
    yield from (run_card(one, beside()) for one in runs())
    yield from in_tables()
    yield from (trouble_card("同步无法开始", [one.what_to_do], "https://ad.oceanengine.com/x") for one in troubles())
    yield from (error_card("每日同步无法开始", one, "KeyError") for one in troubles())
    yield aside_card(dict(zip(("daily-1", "daily-2", "daily-3"), Defect, strict=False)))
    yield greeting_card(NOW)
    monday = date(2026, 2, 2)
    yield weekly_card(Week(DayRange(monday, monday + timedelta(days=6)), (account_week("城东店", monday),), NOW))
    yield report_card(report(summed(row("12345.60", "1234")), a1_0=DayState.MISSING))


def test_no_card_says_a_developers_word_or_a_bare_amount() -> None:
    said = {text for card in cards() for text in strings(card["header"])} | {
        text for card in cards() for text in strings(card["body"]) if "://" not in text
    }
    shown = [ID.sub("", text) for text in said]
    assert [text for text in shown if chinese(text) and DEVELOPERS.search(text)] == []
    assert [text for text in shown if HALF_WIDTH.search(text) or BARE.search(text)] == []


def test_no_page_of_a_report_says_a_developers_word_or_a_bare_amount() -> None:
    made = page(report(summed(row("12345.60", "1234")), a1_0=DayState.MISSING))
    shown = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", made, flags=re.DOTALL)
    lines = [re.sub(r"<[^>]*>", " ", line) for line in shown.splitlines()]
    assert [line for line in lines if chinese(line) and DEVELOPERS.search(line)] == []
    assert [line for line in lines if HALF_WIDTH.search(line)] == []
    assert "12,345.60" in made
    assert "12345" not in shown
