"""The page that the bench writes."""

from datetime import date
from pathlib import Path

import pytest

from bench import page
from bench.result import Goal, Part, Table


def test_it_has_goals_tables_and_a_chart_of_the_contenders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(page, "CHART", tmp_path / "images" / "benchmarks.svg")
    part = Part(
        goals=[Goal("P1", "in the table", 1.02, 1.05), Goal("P7", "a month", 700, 600, "calls")],
        tables=[Table("P1: seven accounts", ("", "s"), [("floor", "4.80")], note="A note.")],
        bars={"floor": 4.8, "serial script": 50.0},
    )
    page.written([part], "8.0.1", date(2026, 2, 1))
    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "`make bench` on 2026-02-01" in text
    assert "| P1 | in the table | 1.02 × | ≤ 1.05 × | holds |" in text
    assert "| P7 | a month | 700 calls | ≤ 600 calls | missed |" in text
    assert "## P1: seven accounts\n\n|  | s |\n|---|--:|\n| floor | 4.80 |\n\nA note." in text
    assert "(images/benchmarks.svg)" in text
    drawn = (tmp_path / "images" / "benchmarks.svg").read_text("utf-8")
    assert "serial script" in drawn
    assert "50.0 s" in drawn
    assert "<script" not in drawn
