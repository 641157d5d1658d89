from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.core.model import DayRange
from pipeline.core.outcome import RunState
from pipeline.core.telling.background import Background
from pipeline.core.telling.other_tables import OtherTable
from pipeline.render.cards import run_card
from pipeline.render.other_tables import others_line
from pipeline.render.period_card import report_card
from tests.cards import problems
from tests.unit.pipeline.core.telling.test_report import report, row, summed
from tests.unit.pipeline.render.test_cards import account, summary, text

FIRST = date(2026, 2, 5)
DAYS = DayRange(FIRST, FIRST + timedelta(days=2))
PAGE = "https://x.feishu.cn/base/b?table=tbl1"
LINE = f"2026-02-05 至 2026-02-07 的数据在“[广告日报]({PAGE})”"
OTHER = OtherTable("广告日报", DAYS, PAGE)


def said(*others: OtherTable) -> list[str]:
    return [line.text for line in others_line(others)]


def test_the_line_says_which_days_are_where_and_links_where_it_can() -> None:
    assert said(OTHER) == [LINE]
    one_day = OtherTable("广告日报", DayRange(FIRST, FIRST))
    assert said(one_day, OTHER) == [f"2026-02-05 的数据在“广告日报”；{LINE}"]
    assert said() == []


def test_of_many_tables_the_newest_are_named() -> None:
    (line,) = said(*(OtherTable(f"广告日报 {number}", DAYS) for number in range(5)))
    assert line.endswith("“广告日报 4”，另有 2 张更早的数据表")
    assert "广告日报 1" not in line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("](https://evil.example)[x", "］(https：//evil.example)［x"),
        ("<at id=all></at>**", "＜at id=all＞＜/at＞＊＊"),
        ("一\n二", "一 二"),
    ],
)
def test_a_name_that_is_markup_is_read_and_not_obeyed(name: str, shown: str) -> None:
    assert said(OtherTable(name, DAYS, PAGE)) == [LINE.replace("广告日报", shown)]


def test_no_bracket_in_an_address_ends_its_link() -> None:
    (line,) = said(OtherTable("表", DAYS, "https://x.feishu.cn/base/b)(c d?table=tbl1&view=v%20w"))
    assert line.endswith("[表](https://x.feishu.cn/base/b%29%28c%20d?table=tbl1&view=v%20w)”")


def test_both_cards_name_them_and_without_any_stay_as_they_are() -> None:
    with_one = run_card(summary(), Background(others=(OTHER,)))
    assert LINE in text(with_one)
    assert problems(with_one) == []
    made = report(summed(row()))
    assert "的数据在" not in text(report_card(made)) + text(run_card(summary()))


def test_the_report_s_card_names_them() -> None:
    made = replace(report(summed(row())), others=(OTHER,))
    assert LINE in text(report_card(made))
    assert problems(report_card(made)) == []


def test_the_largest_line_leaves_the_card_below_the_webhook_s_limit() -> None:
    page = "https://x.feishu.cn/wiki/" + "b" * 200
    others = tuple(OtherTable("🔥" * 60, DAYS, page) for _ in range(12))
    many = summary(RunState.SUCCESS, *(account(number) for number in range(1000)), warnings=("🔥" * 300,) * 30)
    assert problems(run_card(many, Background(others=others, alerts=("🔥" * 300,) * 30))) == []
