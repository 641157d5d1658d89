from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.table.formula import Formula

ROW = {"stat_cost": Decimal("118.36"), "convert_cnt": Decimal(2), "click_cnt": Decimal(0), "show_cnt": Decimal(1000)}


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("stat_cost / convert_cnt", "59.18"),
        ("stat_cost / show_cnt * 1000", "118.36"),
        ("(convert_cnt + click_cnt) / show_cnt", "0.002"),
        ("show_cnt - convert_cnt * 2", "996"),
        ("stat_cost * 0.1", "11.836"),  # 0.1 is that, and not the float next to it
        (" stat_cost ", "118.36"),
    ],
)
def test_a_formula_is_computed_exactly(text: str, figure: str) -> None:
    assert Formula(text).value(ROW) == Decimal(figure)


def test_a_quotient_of_a_zero_denominator_is_zero() -> None:
    assert Formula("stat_cost / click_cnt").value(ROW) == 0


def test_a_metric_that_the_row_lacks_leaves_the_cell_empty() -> None:
    assert Formula("stat_cost / form_cnt").value(ROW) is None


def test_it_names_the_metrics_that_it_needs_each_once() -> None:
    assert set(Formula("(convert_cnt + form_cnt) / (convert_cnt + 1)").names) == {"convert_cnt", "form_cnt"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stat_cost /",
        "stat_cost ** 2",
        "stat_cost // 2",
        "-stat_cost",
        "'a' + 'b'",
        "stat_cost + True",
        "__import__('os').system('true')",
        "stat_cost.real",
        "[stat_cost]",
        "stat_cost if convert_cnt else 0",
        "(lambda: 1)()",
        "stat_cost; convert_cnt",
        "stat_cost + 1j",
        "stat_cost" + " + stat_cost" * 1000,
    ],
)
def test_anything_else_is_refused_and_never_run(text: str) -> None:
    with pytest.raises(ValueError, match="is no formula"):
        Formula(text)


@given(st.text(max_size=30))
def test_whatever_is_written_it_is_a_formula_or_refused(text: str) -> None:
    try:
        made = Formula(text)
    except ValueError as error:
        assert "is no formula" in str(error)  # noqa: PT017 both ways are right
    else:
        made.value(ROW)
