"""The verdict on a day, for whoever watches from outside."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.health import Health, Verdict, judge, together
from pipeline.core.outcome import DayState

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 1, tzinfo=UTC)
AS_OF = NOW - timedelta(hours=2)
NAMES = {"1": "城东店", "2": "城西店"}
DAY_LONG = timedelta(hours=26)


def judged(names: dict[str, str], loaded: dict[str, datetime], longest: timedelta | None = DAY_LONG) -> Health:
    """The verdict on a day that these accounts have loaded, with the times of their figures."""
    days = {account_id: DayCoverage(Loaded(1, "1", "c", as_of)) for account_id, as_of in loaded.items()}
    return judge(DAY, names, days, NOW, longest)


@pytest.mark.parametrize(
    ("names", "loaded", "verdict", "words"),
    [
        (NAMES, {"1": AS_OF, "2": AS_OF}, Verdict.OK, "ok: 2026-02-11 is loaded for 2 of 2 account(s), figures as of"),
        (NAMES, {"2": AS_OF}, Verdict.IN_PART, "in part: 2026-02-11 is loaded for 1 of 2 account(s)"),
        (NAMES, {}, Verdict.BAD, "bad: nothing of 2026-02-11 is loaded, 2 account(s) are waited for"),
        (NAMES, {"1": NOW - timedelta(hours=27)}, Verdict.BAD, "bad: too old: 2026-02-11 is loaded for 1 of 2"),
        ({}, {}, Verdict.BAD, "bad: no account is known yet"),
    ],
)
def test_a_day_is_good_in_part_or_bad_and_a_line_says_it(
    names: dict[str, str], loaded: dict[str, datetime], verdict: Verdict, words: str
) -> None:
    found = judged(names, loaded)
    assert found.verdict == verdict
    assert found.words.startswith(words)


def test_who_is_missing_is_named_and_of_many_a_few() -> None:
    assert judged(NAMES, {"2": AS_OF}, None).words.endswith("figures as of 2026-02-12 07:00; missing 城东店")
    many = {str(n): f"店{n}" for n in range(9)}
    assert judged(many, {"8": AS_OF}, None).words.endswith("店4 and 3 more")


def test_the_newest_figures_count_for_the_age() -> None:
    loaded = {"1": NOW - timedelta(hours=27), "2": AS_OF}
    assert judged(NAMES, loaded).verdict == Verdict.OK


def test_a_loaded_day_whose_last_reading_was_not_whole_is_missing() -> None:
    loaded, bad = Loaded(1, "1", "c", AS_OF), LastOutcome(state=DayState.INCOMPLETE)
    found = judge(DAY, NAMES, {"1": DayCoverage(loaded), "2": DayCoverage(loaded, bad)}, NOW, None)
    assert (found.verdict, found.lacking) == (Verdict.IN_PART, ("城西店",))


def test_a_day_is_good_only_if_it_is_in_every_table_and_the_line_names_each() -> None:
    good = replace(judged(NAMES, {"1": AS_OF, "2": AS_OF}), table="单元日报")
    none = replace(judged(NAMES, {}), table="项目日报")
    both = together([good, none], 2)
    assert (both.verdict, both.lacking, both.as_of) == (Verdict.IN_PART, ("城东店", "城西店"), AS_OF)
    assert both.words.startswith("in part: 项目日报: bad: nothing of 2026-02-11 is loaded")
    assert "单元日报: ok: 2026-02-11" in both.words
    assert together([good, replace(good, table="项目日报")], 2).verdict == Verdict.OK
    assert together([none, replace(none, table="单元日报")], 2).verdict == Verdict.BAD
    assert together([good], 2) is good
