"""Text of others is shown and never acts, whatever is printed of it and however."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cli.runs import coverage
from cli.terminal import output
from cli.terminal.output import Column, say, say_drawn, say_table, tell
from cli.terminal.progress import bar
from cli.terminal.summary import print_summary
from cli.terminal.trace import tree
from cli.terminal.words import coloured, escaped, shown, words
from pipeline.core import redaction
from pipeline.core.causes import maintenance_of
from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.coverage.grid import AccountCoverage
from pipeline.core.errors import LaikeError, Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.text import SIGN
from tests.unit.cli.hostile import ACTS, NAMES, texts

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
COLOURS = {"\x1b"}  # which only our styles bring


@contextmanager
def screen(width: int = 80, *, colour: bool = False) -> Iterator[StringIO]:
    """What is printed meanwhile, at no terminal or at one with colours."""
    file = StringIO()
    made = [
        Console(
            file=file, soft_wrap=True, width=width, force_terminal=colour, markup=False, highlight=False, emoji=False
        )
        for _ in range(2)
    ]
    before = output.out, output.err
    output.out, output.err = made
    try:
        yield file
    finally:
        output.out, output.err = before


def printed(act: Callable[[], object], width: int = 80) -> list[str]:
    """The lines that something prints; nothing in them acts, and colours change no word of it."""
    with screen(width) as plain:
        act()
    with screen(width, colour=True) as coloured_too:
        act()
    said = plain.getvalue()
    assert not ACTS & set(said) - {"\n"}
    assert "\x1b]8" not in coloured_too.getvalue()
    lines = said.split("\n")
    assert lines.pop() == ""
    return lines


def summary_of(name: str) -> Summary:
    trouble = Trouble(reason="failed", message=name, what_to_do=name, link=name)
    facts = {"rows": 2, "cost": Decimal("1.5"), "window_rows": 9, "window_cost": Decimal(9)}
    accounts = [AccountResult(id="18", name=name, state=DayState.FAILED, trouble=trouble, **facts)]  # type: ignore[arg-type]
    return Summary(
        run_id=name,
        state=RunState.PARTIAL,
        day=DAY,
        days=DayRange(DAY, DAY),
        accounts=tuple(accounts),
        warnings=(name,),
        started_at=NOW,
        ended_at=NOW,
    )


def run_of(name: str) -> Run:
    return Run(
        run_id=name, day=DAY, days=DayRange(DAY, DAY), accounts=(Account("18", name),), started_at=NOW, deadline=NOW
    )


@given(texts)
def test_what_is_shown_is_one_line_without_a_sign_that_acts(text: str) -> None:
    said = shown(text)
    assert not ACTS & set(said)
    assert len(said) == len(text)
    assert said.encode("utf-8").decode() == said
    assert shown(said) == said


@given(st.text(st.characters(exclude_categories=("C", "Z")), max_size=30))
def test_letters_figures_and_signs_of_any_script_stay_as_they_are(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "می‌خواهم", "क्‍ष"])
def test_the_joiners_of_letters_and_of_emoji_stay(text: str) -> None:
    assert shown(text) == text


def test_a_secret_is_shown_nowhere() -> None:
    redaction.hold("canary-secret")
    assert printed(lambda: say("the ", ("canary-secret", "red"))) == ["the ***"]


@given(texts, texts)
def test_a_line_is_one_line_whatever_is_said_in_it(one: str, two: str) -> None:
    assert printed(lambda: say(one, (two, "red"), coloured("failed", one))) == [
        shown(one) + shown(two) + shown(one or "failed")
    ]


@given(st.lists(st.tuples(texts, texts), max_size=5), st.sampled_from([20, 80]))
def test_a_table_has_a_line_for_each_row_where_there_is_no_terminal(rows: list[tuple[str, str]], width: int) -> None:
    lines = printed(lambda: say_table(("name", Column("id", whole=True)), rows), width)
    assert len(lines) == 1 + len(rows)
    for line, (name, number) in zip(lines[1:], rows, strict=True):
        assert line.split() == f"{shown(name)} {shown(number)}".split()


@given(texts, st.integers(1, 200))
def test_an_id_is_in_one_piece_at_every_width(name: str, width: int) -> None:
    number = "daily-2026-02-11-0212070000123"
    columns = [Column("name"), Column("id", whole=True), Column("more", spare=True)]
    lines = printed(lambda: say_table(columns, [(name, number, "more words")], width))
    assert sum(number in line for line in lines) == 1


def test_columns_that_can_be_spared_go_first_where_it_is_narrow() -> None:
    columns = [Column("id", whole=True), Column("b", spare=True), Column("c", spare=True)]
    row = ("x" * 20, "bbbb", "cccc")
    assert printed(lambda: say_table(columns, [row], 40))[1].split() == list(row)
    assert printed(lambda: say_table(columns, [row], 30))[1].split() == list(row[:2])
    assert printed(lambda: say_table(columns, [row], 10))[1].split() == [row[0]]


@given(texts)
def test_an_error_says_its_words_and_nothing_else(text: str) -> None:
    lines = printed(lambda: tell(LaikeError(text, what_to_do=text)))
    first, *more = text.split("\n")
    assert lines[0] == f"error: {shown(first)}"
    assert all(line.startswith("  ") for line in lines[1 : 1 + len(more)])
    assert lines[1 + len(more) :] == [f"→ {shown(text or maintenance_of('failed'))}"]


@given(texts)
def test_a_run_is_told_with_as_many_lines_as_a_plain_one(name: str) -> None:
    plain = printed(lambda: print_summary(summary_of("x" if name else "")))
    assert len(printed(lambda: print_summary(summary_of(name)))) == len(plain)


@given(texts)
def test_a_tree_has_a_line_for_each_thing_that_happened(name: str) -> None:
    events = [
        {"at": "1000", "event": "planned", "accounts": "1", "days": "1"},
        {"at": "2000", "event": "fetched", "batch": "0", "account": "18", "state": name, "rows": "1", "cost": "1"}
        | {"reason": name, "ms": "5", "calls": name},
        {"at": "3000", "event": "broke", "step": name, "reason": name},
    ]
    assert len(printed(lambda: say_drawn(tree(run_of(name), name, events)))) == 4


@given(texts)
def test_a_line_of_the_coverage_is_a_name_and_its_days(name: str) -> None:
    days = DayRange(DAY, DAY)
    found = [AccountCoverage(Account("18", name), {DAY: DayCoverage(last=LastOutcome(state=DayState.LOADED))})]
    lines = printed(lambda: coverage._print(found, days, 80))
    assert len(lines) == 4
    assert lines[2].endswith("  L")
    assert cell_len(lines[2]) == min(coverage.NAME_CELLS_MAX, cell_len(shown(name))) + coverage.DAY_CELLS


@given(texts)
def test_progress_at_a_terminal_reads_no_markup(name: str) -> None:
    with screen(colour=True) as file, bar(name) as told:
        told(1, 2)
    assert "\x1b]8" not in file.getvalue()


@given(st.recursive(texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=5))
def test_a_document_is_the_same_escaped_and_nothing_in_it_acts(document: object) -> None:
    for readable in (True, False):
        text = escaped(json.dumps(document, ensure_ascii=readable, indent=2))
        assert json.loads(text) == document
        assert not ACTS & set(text) - {"\n"}


@pytest.mark.parametrize("name", NAMES)
def test_words_keep_their_styles_apart_from_their_text(name: str) -> None:
    made = words((name, "red"), words((name, "green")))
    assert made.plain == shown(name) * 2
    assert {str(span.style) for span in made.spans} <= {"red", "green"}


def test_what_acts_is_seen_as_one_sign() -> None:
    assert shown("a\x1b[31m\nb\u202e") == f"a{SIGN}[31m{SIGN}b{SIGN}"
