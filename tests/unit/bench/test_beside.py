"""Contenders beside each other: tables, goal and sentences."""

from pathlib import Path

import pytest

from bench.beside import agree, bars, better, lines_of, outcome, short, whole
from bench.contenders import CELERY, CONTENDERS, DLT, DLT_CHECKED, FLOOR, LOCAL, OURS
from bench.result import Table
from bench.scenarios import AGAIN, DEAD, LOST, NEW, REFUSED, Lap
from tests.unit.bench.laps import MIB, beside, lap


def cell(table: Table, contender: str, head: str) -> str:
    (row,) = [row for row in table.rows if row[0] == contender]
    return row[list(table.heads).index(head)]


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (lap(), "right"),
        (lap(said="error: it broke"), "right, says error"),
        (lap(lost=3, said="partial: 门店17 (40002)"), "3 lost, says so"),
        (lap(doubled=43), "**43 doubled, says success**"),
        (lap(lost=1, doubled=2), "**1 lost, 2 doubled, says success**"),
    ],
)
def test_a_wrong_table_that_is_called_a_success_stands_out(left: Lap, said: str) -> None:
    assert outcome(left) == said


def test_the_short_table_has_a_line_for_each_contender_and_a_column_for_each_scenario() -> None:
    table = short(beside(lap(LOST, DLT, doubled=43), lap(NEW, CELERY, verified_s=None)).rounds)
    assert [row[0] for row in table.rows] == [FLOOR, "serial script", CELERY, DLT, DLT_CHECKED, OURS, LOCAL]
    assert list(table.heads[-5:]) == [NEW, AGAIN, LOST, DEAD, REFUSED]
    assert cell(table, DLT, LOST) == "right, **43 doubled, says success**"
    assert cell(table, CELERY, "verified, s") == "6.0, –"
    assert cell(table, OURS, "ended, s") == "8.0"


def test_who_makes_the_rows_of_people_anew_is_named_beside_the_table() -> None:
    table = short(beside(lap(NEW, CELERY, replaced=234)).rounds)
    assert table.note.endswith(
        "With Celery alone the older rows of the window are deleted and made anew: what people wrote into them is gone."
    )
    assert "With" not in short(beside().rounds).note


def test_the_whole_table_says_what_two_rounds_say_once_if_they_agree() -> None:
    told = beside(lap(DEAD, CELERY, ended_s=40.0, lost=60, exit_code=1, said="error: RefusedError: 40002"))
    table = whole(told.rounds, DEAD)
    assert cell(table, CELERY, "ended, s") == "8.0, 40.0"
    assert cell(table, CELERY, "rows lost") == "0, 60"
    assert cell(table, CELERY, "says") == "success, error: RefusedError: 40002"
    assert cell(table, OURS, "calls") == "24"


def test_rounds_agree_unless_one_contender_takes_15_percent_longer_in_one_scenario() -> None:
    assert agree(beside(lap(LOST, DLT, ended_s=9.0)).rounds).holds
    goal = agree(beside(lap(LOST, DLT, ended_s=9.3), lap(NEW, OURS, ended_s=7.5)).rounds)
    assert not goal.holds
    assert goal.what.endswith("most: dlt, one lost answer")


def test_a_bar_is_the_faster_round_and_one_who_created_nothing_has_none() -> None:
    told = beside(lap(NEW, CELERY, rows_s=4.5), lap(NEW, DLT, rows_s=7.0))
    assert bars(told.rounds) == dict.fromkeys(CONTENDERS, 5.0) | {CELERY: 4.5}


def test_where_others_are_better_is_said_by_what_was_measured() -> None:
    told = beside(lap(NEW, DLT, calls=9, memory=64 * MIB, rows_s=4.0), lap(NEW, CELERY, memory=95 * MIB, ended_s=7.0))
    said = "\n".join(better(told))
    assert "**Fewer calls** for a new day: dlt 9; laike 24" in said
    assert "**Less memory**: dlt 64 MiB; laike 90 MiB" in said
    assert "130 lines with Celery alone and 110 lines with dlt; the product has 30000" in said
    assert "**Sooner in the table**: dlt after 4.0 s, laike --local after 5.0 s" in said
    assert "**Sooner at the end**: Celery alone after 7.0 s, laike on Celery after 8.0 s" in said
    assert said.count("Sooner") == 2


def test_nobody_is_called_better_who_is_not() -> None:
    said = "\n".join(better(beside()))
    assert "Fewer calls" not in said
    assert "Less memory" not in said
    assert "Sooner" not in said


def test_empty_lines_do_not_make_a_program_longer(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n\n\n    # why\n", encoding="utf-8")
    assert lines_of([tmp_path / "a.py"]) == 2
