from datetime import date

import pytest

from pipeline.core.rollover.naming import successor_name

DECEMBER = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("root", "first", "name"),
    [
        ("广告日报", DECEMBER, "广告日报 2026-12"),
        ("广告日报", date(2026, 12, 5), "广告日报 2026-12-05"),
        ("  广告\n日报 ", DECEMBER, "广告 日报 2026-12"),
        ("a/b\\c?d*e:f[g]", DECEMBER, "a／b＼c？d＊e：f【g】 2026-12"),
        ("", DECEMBER, "数据表 2026-12"),
    ],
)
def test_a_successor_is_named_after_the_first_table_and_its_month_or_day(root: str, first: date, name: str) -> None:
    assert successor_name(root, first, ()) == name


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = ["Daily 2026-12", "DAILY 2026-12（2） "]
    assert successor_name("daily", DECEMBER, taken) == "daily 2026-12（3）"


@pytest.mark.parametrize("letter", ["告", "😀"])
def test_a_long_name_is_cut_before_its_month_and_number(letter: str) -> None:
    name = successor_name(letter * 100, DECEMBER, ())
    again = successor_name(letter * 100, DECEMBER, [name])
    assert name.endswith(f"{letter} 2026-12")
    assert again.endswith(f"{letter} 2026-12（2）")
    assert max(len(one.encode("utf-16-le")) // 2 for one in (name, again)) <= 100
