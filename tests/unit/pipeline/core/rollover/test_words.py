from datetime import date, timedelta

import pytest

from pipeline.core.rollover.words import (
    details_due,
    foretold_details,
    foretold_line,
    made_line,
    not_made_line,
    tables_warning,
    withdrawn_line,
)
from tests.unit.test_chinese import DEVELOPERS, HALF_WIDTH

FIRST, NAME, OLD = date(2026, 12, 1), "广告日报 2026-12", "广告日报"


def test_the_daily_line_says_from_when_where_and_how_long_it_is_still() -> None:
    told = foretold_line(FIRST, NAME, date(2026, 11, 19))
    assert told == "2026-12-01 起的数据将写入新表“广告日报 2026-12”（还有 12 天），新表由系统自动创建。"


@pytest.mark.parametrize(("ago", "said"), [(2, "还有 2 天"), (1, "明天"), (0, "今天"), (-1, "已到期")])
def test_the_last_days_have_words_of_their_own(ago: int, said: str) -> None:
    assert f"（{said}）" in foretold_line(FIRST, NAME, FIRST - timedelta(days=ago))


def test_details_are_told_first_and_again_two_weeks_one_week_and_a_day_before() -> None:
    days = [ago for ago in range(-1, 46) if details_due(FIRST, FIRST - timedelta(days=ago), new=ago == 40)]
    assert days == [1, 7, 14, 40]


def test_details_name_what_does_not_come_along_who_sees_to_it_and_how_to_say_no() -> None:
    told = "".join(foretold_details(FIRST, NAME, OLD, date(2026, 11, 19), columns=("备注", "毛利"), linked=("毛利",)))
    for said in ("2026-12-01", NAME, f"“{OLD}”的公式和查找引用", "自动化流程", "仪表盘", "高级权限角色", "创建人"):
        assert said in told
    assert "手动添加的列：“备注”、“毛利”（其中 “毛利” 是公式、查找引用或关联列）" in told
    assert "联系维护人员关闭" in told
    assert told.count("起的数据将写入新表") == told.count("自动创建") == told.count("留在原表") == 1


def test_of_many_columns_a_few_are_named_and_all_are_counted() -> None:
    told = foretold_details(FIRST, NAME, OLD, FIRST, columns=[f"列{n}" for n in range(7)])
    assert "“列0”、“列1”、“列2”、“列3”、“列4”等 7 列" in told[2]
    assert "列5" not in told[2]


def test_a_table_without_columns_of_people_has_no_word_about_them() -> None:
    assert not any("手动添加的列" in line for line in foretold_details(FIRST, NAME, OLD, FIRST))


def test_a_name_that_acts_is_told_on_one_line() -> None:
    assert "“a b”" in withdrawn_line("a\n\u202eb", FIRST)


def test_what_was_not_made_is_told_with_its_cure() -> None:
    assert not_made_line(NAME, FIRST, "请给应用「可管理」权限。").endswith("继续写入现有表格：请给应用「可管理」权限。")


@pytest.mark.parametrize(
    ("count", "said"), [(79, None), (80, "已用 80 个（上限 100 个），用完后"), (100, "无法再创建新表；请删除")]
)
def test_tables_and_dashboards_are_told_from_80_percent_on(count: int, said: str | None) -> None:
    told = tables_warning(count)
    assert (told is None) if said is None else (told is not None and said in told)


def test_no_line_says_a_developers_word() -> None:
    lines = [
        foretold_line(FIRST, NAME, FIRST),
        *foretold_details(FIRST, NAME, OLD, FIRST, columns=["备注"], linked=["备注"]),
        made_line(NAME, FIRST, OLD),
        withdrawn_line(NAME, FIRST),
        not_made_line(NAME, FIRST, "请联系维护人员。"),
        str(tables_warning(100)),
    ]
    assert [line for line in lines if DEVELOPERS.search(line) or HALF_WIDTH.search(line)] == []
    assert all(line.endswith("。") for line in lines)
