from datetime import UTC, date, datetime

import pytest

from pipeline.core.model import CHINA
from pipeline.core.table.limits import (
    calls_warning,
    nearly_full,
    rows_warning,
    share_warning,
    status_left_out,
    status_warning,
)

NOON = datetime(2026, 2, 11, 0, 0, tzinfo=CHINA)  # ten days of the month are over


def test_people_are_told_from_80_percent_on() -> None:
    assert [nearly_full(used, 300) for used in (0, 239, 240, 300, 301)] == [False, False, True, True, True]


def test_no_limit_is_never_near() -> None:
    assert not nearly_full(1_000_000, 0)
    assert calls_warning(1_000_000, 0, NOON) is None


def test_calls_are_told_with_the_day_on_which_they_are_used_up_at_this_pace() -> None:
    told = calls_warning(8_000, 10_000, NOON)  # 800 a day, 2,000 left: 2.5 days
    assert told
    assert "8,000/10,000" in told
    assert "2026-02-13" in told


def test_a_pace_that_lasts_to_the_end_of_the_month_is_told_as_that() -> None:
    told = calls_warning(8_000, 10_000, datetime(2026, 2, 27, 12, tzinfo=CHINA))
    assert told
    assert "本月够用" in told


def test_calls_beyond_what_is_set_are_told_and_not_called_the_end() -> None:
    told = calls_warning(10_001, 10_000, NOON)
    assert told
    assert "已超过设置的额度" in told
    assert "照常同步" in told


def test_a_month_begins_in_china() -> None:
    first = datetime(2026, 1, 31, 16, 30, tzinfo=UTC)  # half past midnight on the first of February there
    told = calls_warning(9_000, 10_000, first)
    assert told
    assert "2026-02-01" in told


def test_the_first_moment_of_a_month_has_no_pace_to_divide_by() -> None:
    assert calls_warning(9_000, 10_000, datetime(2026, 2, 1, tzinfo=CHINA))


def test_few_calls_are_not_told() -> None:
    assert calls_warning(7_999, 10_000, NOON) is None


def rows(**counts: int) -> dict[date, int]:
    return {date(2026, 2, int(day[1:])): count for day, count in counts.items()}


def test_rows_are_told_with_the_day_on_which_the_table_is_full() -> None:
    told = rows_warning(rows(d1=15_000, d11=16_000), 20_000)  # 100 a day, 4,000 left
    assert told
    assert "16,000 行" in told
    assert "2026-03-23" in told


@pytest.mark.parametrize("counts", [rows(d11=16_000), rows(d1=17_000, d11=16_000), rows(d1=16_000, d11=16_000)])
def test_a_table_that_does_not_grow_is_told_without_a_day(counts: dict[date, int]) -> None:
    told = rows_warning(counts, 20_000)
    assert told
    assert "尚无法估计" in told


@pytest.mark.parametrize("cap", [4_000_000, 10**9, 10**18])
def test_a_table_that_is_full_in_many_years_is_told_as_that_also_beyond_the_calendar(cap: int) -> None:
    told = rows_warning(rows(d1=cap * 9 // 10 - 1, d11=cap * 9 // 10), cap)
    assert told
    assert "十年内不会写满" in told


def test_the_growth_is_that_of_the_last_month() -> None:
    counts = {date(2025, 1, 1): 1} | rows(d1=15_000, d11=16_000)
    assert rows_warning(counts, 20_000) == rows_warning(rows(d1=15_000, d11=16_000), 20_000)


def test_a_table_with_room_or_never_counted_is_not_told() -> None:
    assert rows_warning(rows(d11=15_999), 20_000) is None
    assert rows_warning({}, 20_000) is None


def test_a_full_table_is_told_as_that() -> None:
    told = rows_warning(rows(d1=1, d11=20_000), 20_000)
    assert told
    assert "已满" in told


def test_a_table_with_an_announced_successor_asks_nobody_to_archive() -> None:
    told = rows_warning(rows(d1=15_000, d11=16_000), 20_000, successor=date(2026, 3, 1), rolls_over=True)
    assert told == "表格已有 16,000 行，上限 20,000 行，2026-03-01 起的数据将写入新表，无需归档。"
    assert rows_warning(rows(d11=15_999), 20_000, successor=date(2026, 3, 1), rolls_over=True) is None


def test_a_table_that_gets_successors_says_so_before_one_is_announced() -> None:
    told = rows_warning(rows(d1=15_000, d11=16_000), 20_000, rolls_over=True)
    assert told
    assert told.endswith("写满；系统会在写满前自动换用新表，并提前通知，无需归档。")


def test_a_table_that_is_full_all_the_same_asks_to_archive() -> None:
    told = rows_warning(rows(d1=1, d11=20_000), 20_000, rolls_over=True)
    assert told == "表格已有 20,000 行，上限 20,000 行，已满；请归档旧数据或换一张新表。"


def test_columns_and_views_are_told_with_both_numbers() -> None:
    assert share_warning("列", 239, 300) is None
    assert share_warning("视图", 160, 200) == "表格的视图已用 160 个（上限 200 个），请删除不用的视图。"


def test_the_status_table_is_told_from_80_percent_on_with_what_happens_then() -> None:
    assert status_warning(rows(d10=79), 100) is None
    told = status_warning(rows(d1=60, d11=80), 100)
    assert told
    assert "已有 80 行，上限 100 行" in told
    assert "2026-02-21" in told
    assert "无需处理" in told
    assert "已满" in (status_warning(rows(d1=60, d11=100), 100) or "")
    assert status_warning({}, 100) is None


def test_days_for_which_the_status_table_has_no_place_are_told_by_what_they_are() -> None:
    assert status_left_out(0, 0) == []
    (told,) = status_left_out(1200, 3)
    assert "已入库的 1,200 条和未入库的 3 条状态未能写入" in told
    assert "未入库" not in status_left_out(5, 0)[0]
