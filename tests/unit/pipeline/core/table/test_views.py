from datetime import UTC, datetime, timedelta

import pytest

from pipeline.core.model import CHINA, Account
from pipeline.core.table.views import NAME_MAX, VIEWS_MAX, VIEWS_NEAR, affordable, audit_due, view_names

NOW = datetime(2026, 2, 12, 10, 35, tzinfo=CHINA)  # a Thursday


def names(*given: str) -> list[tuple[str, ...]]:
    accounts = [Account(f"183000000000{n:04d}", name) for n, name in enumerate(given)]
    return list(view_names(accounts).values())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("城东店", "城东店"),
        ("  城东店 ", "城东店"),
        ("城东店[总店]", "城东店【总店】"),
        ("城东\n店\t一", "城东 店 一"),
        (" \n", "账户"),
        ("长" * 101, "长" * 100),
        ("🔥" * 60, "🔥" * 50),  # 2 × 50 = 100 in the way of counting that counts most
    ],
)
def test_a_name_is_made_one_that_the_service_takes(name: str, wanted: str) -> None:
    assert names(name)[0][0] == wanted


def test_cutting_leaves_room_for_what_tells_names_apart() -> None:
    for wanted in names("长" * 120)[0]:
        assert len(wanted) <= NAME_MAX
    assert names("长" * 120)[0][1].endswith(" (0000)")


@pytest.mark.parametrize("digits", [98, 120, 5000])
def test_an_id_of_any_length_makes_names_that_the_service_takes(digits: int) -> None:
    alike = [Account(f"{n}{'7' * digits}", "城东店") for n in range(1, 3)]
    assert {len(name) <= NAME_MAX for made in view_names(alike).values() for name in made} == {True}


def test_names_that_cleaning_or_cutting_made_alike_are_told_apart() -> None:
    first, second, third = (wanted[0] for wanted in names("甲[1]", "甲【1】", "乙"))
    assert (first, second, third) == ("甲【1】 (0000)", "甲【1】 (0001)", "乙")
    long = [wanted[0] for wanted in names("长" * 100 + "东", "长" * 100 + "西")]
    assert len(set(long)) == 2
    assert {len(name) for name in long} == {NAME_MAX}


def test_names_of_accounts_whose_ids_end_alike_get_the_whole_id() -> None:
    made = view_names([Account("1834560001", "甲"), Account("1839990001", "甲"), Account("1839990002", "乙")])
    assert [wanted[0] for wanted in made.values()] == ["甲 (1834560001)", "甲 (1839990001)", "乙"]


def test_behind_the_best_name_come_others_for_where_somebody_has_it() -> None:
    assert names("城东店") == [("城东店", "城东店 (0000)", "城东店 (1830000000000000)")]


def checked(ago: timedelta, count: int = 7) -> dict[str, float]:
    return {f"18{n}": (NOW - ago).timestamp() for n in range(count)}


def test_one_of_seven_is_due_each_day_and_each_of_them_once_a_week() -> None:
    last, read = checked(timedelta(days=7)), []
    for day in range(7):
        now = NOW + timedelta(days=day)
        due = audit_due(last, now)
        read += sorted(due)
        last |= dict.fromkeys(due, now.timestamp())
        assert audit_due(last, now + timedelta(hours=3)) == set() or day < 6
    assert sorted(set(read)) == sorted(last)


def test_a_second_run_of_the_day_reads_nothing_again() -> None:
    last = checked(timedelta(days=6))
    due = audit_due(last, NOW)
    last |= dict.fromkeys(due, NOW.timestamp())
    assert audit_due(last, NOW + timedelta(hours=4)) == set()


def test_the_run_at_seven_reads_none_while_there_is_a_later_one() -> None:
    last: dict[str, float] = checked(timedelta(days=8), 14)
    for day in range(14):
        now = NOW + timedelta(days=day)
        last |= dict.fromkeys(audit_due(last, now), now.timestamp())
        assert audit_due(last, now.replace(hour=7) + timedelta(days=1)) == set()


def test_where_all_runs_are_at_seven_each_is_read_once_a_week() -> None:
    last, counts = checked(timedelta(days=8)), []
    for day in range(21):
        now = NOW.replace(hour=7) + timedelta(days=day)
        due = audit_due(last, now)
        counts.append(len(due))
        last |= dict.fromkeys(due, now.timestamp())
    assert counts[7:] == [1] * 14


def test_in_the_second_week_exactly_one_of_seven_is_due_each_day() -> None:
    last = checked(timedelta(days=8))
    for day in range(21):
        now = NOW + timedelta(days=day)
        due = audit_due(last, now)
        last |= dict.fromkeys(due, now.timestamp())
        assert day < 7 or len(due) == 1


def test_after_days_of_silence_all_whose_day_passed_are_due() -> None:
    assert audit_due(checked(timedelta(days=8)), NOW) == checked(timedelta()).keys()
    assert audit_due({"18": 0.0}, datetime(2026, 2, 12, tzinfo=UTC)) == {"18"}


def test_a_filter_that_was_read_before_the_clock_stepped_back_is_due() -> None:
    assert audit_due(checked(timedelta(days=-9)), NOW) == checked(timedelta()).keys()


def accounts(count: int) -> list[Account]:
    return [Account(f"18{n}", f"店{n}") for n in range(count)]


def test_every_account_gets_a_view_while_there_is_room() -> None:
    assert affordable(accounts(30), VIEWS_NEAR - 30, active=()) == accounts(30)


def test_near_the_limit_only_accounts_with_cost_get_one() -> None:
    assert affordable(accounts(3), VIEWS_NEAR - 2, active={"181"}) == [Account("181", "店1")]


def test_beyond_the_limit_nobody_gets_one() -> None:
    everybody = {one.id for one in accounts(5)}
    assert len(affordable(accounts(5), VIEWS_MAX - 2, active=everybody)) == 2
    assert affordable(accounts(5), VIEWS_MAX + 1, active=everybody) == []
