import re
import sys
from decimal import Decimal

from pipeline.render import charts


def numbers(svg: str) -> list[str]:
    return re.findall(r'<desc class="value">([^<]*)</desc>', svg)


def test_a_chart_is_an_element_without_script_comment_or_declaration() -> None:
    svg = charts.bars("x", ["a"], [Decimal(1)])
    assert svg.startswith("<svg")
    assert not re.search("<script|<!--|<\\?", svg)


def test_names_of_others_are_text_in_a_chart_too() -> None:
    svg = charts.stacked("x", ["<i>"], {"<b>": [Decimal(1)]})
    assert not re.search("<b>|<i>", svg)


def test_a_line_is_interrupted_where_there_is_no_value() -> None:
    assert numbers(charts.line("x", ["a", "b", "c"], [Decimal(1), None, Decimal(3)])) == ["1", "3"]


def test_as_many_labels_are_shown_as_fit() -> None:
    labels = [str(1000 + n) for n in range(365)]
    svg = charts.bars("x", labels, [Decimal(1)] * 365)
    shown = re.findall(r'<text [^>]*class="major">(1\d\d\d)</text>', svg)
    assert 0 < len(shown) <= charts.LABELS


def test_imports_go_their_own_way_again_once_pygal_is_there() -> None:
    assert [one for one in sys.meta_path if type(one).__module__.startswith("pygal")] == []
