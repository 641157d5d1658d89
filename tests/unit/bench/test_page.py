"""The page that the bench writes."""

from pathlib import Path

import pytest

from bench import page
from bench.contenders import CELERY, DLT
from bench.scenarios import LOST, NEW
from tests.unit.bench.laps import lap, measured

TOLD = measured(lap(LOST, DLT, doubled=43), lap(NEW, CELERY, rows_s=4.5, calls=11))


def test_its_first_part_is_what_a_user_gets_and_its_second_the_rest() -> None:
    first, rest = page.text(TOLD).split("## The rest")
    assert "Measured on 2026-02-01" in first
    assert "Celery 5.7.0" in first
    assert "dlt 1.31.0, " in first
    assert "(images/benchmarks.svg)" in first
    assert "right, **43 doubled, says success**" in first
    assert "- **Fewer calls** for a new day: Celery alone 11" in first
    assert "Profiles measured on 2026-01-31. 4 cores." in rest
    assert "| P1 | in the table | 1.02 × | ≤ 1.05 × | holds |" in rest
    assert "| P7 | a month | 700 calls | ≤ 600 calls | missed |" in rest
    assert "### P1: seven accounts\n\n|  | s |\n|---|--:|\n| floor | 4.80 |\n\nA note." in rest
    assert "### Beside other tools: one lost answer" in rest


def test_it_is_written_with_a_chart_of_the_contenders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images").mkdir()
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(page, "CHART", tmp_path / "images" / "benchmarks.svg")
    page.written(TOLD)
    assert (tmp_path / "benchmarks.md").read_text("utf-8") == page.text(TOLD)
    drawn = (tmp_path / "images" / "benchmarks.svg").read_text("utf-8")
    assert "serial script" in drawn
    assert "4.5 s" in drawn
    assert "<script" not in drawn
