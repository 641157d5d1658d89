"""The probe says what it was told, whatever the answer holds."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.steps.doctor.probe_reports import REPORTS, Reports
from tests.unit.pipeline.clients.stub import Plain, answer

NAMES = ("ctr", "click_cnt", "show_cnt", "conversion_rate", "convert_cnt", "stat_cost", "promotion_id", "stat_time_day")
ODD = ["x", "1_0", "0", "NaN", "1e999999", True, [7], {"a": Decimal("1.5")}, Decimal("0.5"), -1, 10**400]


def told(body: Plain) -> dict[str, str]:
    week = (date(2026, 2, 5), date(2026, 2, 11))
    reports: Any = SimpleNamespace(day=week, week=week, headers={}, ask=lambda *_, **__: answer({"code": 0, **body}))
    return {name: ask(cast("Reports", reports)) for name, ask in REPORTS.items()}


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{odd!s:.12}")
def test_a_row_of_any_figures_is_told(odd: object) -> None:
    rows = [dict.fromkeys(NAMES, odd)]
    data = {"promotion_list": rows, "data_list": rows, "page_info": {"page": odd}}
    assert all(told({"data": data}).values())


@pytest.mark.parametrize("data", [None, [], [7], "x", 7, {"promotion_list": 7, "data_list": [7]}])
def test_an_answer_of_any_shape_is_told(data: object) -> None:
    assert all(told({"data": data}).values())
