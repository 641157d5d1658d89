"""The sentence on yesterday, and its tone."""

import pytest

from pipeline.core.outcome import DayState
from pipeline.core.overview.today.verdict import Stage, Tone, UnderWay, awaited, judge
from pipeline.core.run_kind import RunKind
from tests.unit.pipeline.core.overview.today.mornings import EAST, NORTH, WEST, at, bad, loaded, seen

MORNING, REREAD = loaded(), loaded(read="10:36")


def told(*args: object, **more: object) -> tuple[Stage, Tone, str]:
    found = judge(seen(*args, **more))  # type: ignore[arg-type]
    return found.stage, found.tone, found.words


def test_figures_read_after_the_second_reading_are_final() -> None:
    words = "11月29日（周日）的数据已复核完成，2 个账户均已入库"
    assert told({"1": REREAD, "2": REREAD}, "10:40") == (Stage.FINAL, Tone.GOOD, words)


def test_a_reading_dated_some_seconds_early_by_another_clock_is_the_second_one() -> None:
    both = {"1": loaded(read="10:34:30"), "2": REREAD}
    assert told(both, "10:40")[0] is Stage.FINAL


def test_a_single_account_is_told_without_a_word_for_many() -> None:
    assert told({"1": REREAD}, "10:40", waited_for=[EAST])[2].endswith("1 个账户已入库")


def test_figures_of_seven_are_provisional_until_the_second_reading() -> None:
    words = "11月29日（周日）的数据已入库，为初步数据，10:35 复核后为准"
    assert told({"1": MORNING, "2": MORNING}) == (Stage.PROVISIONAL, Tone.CALM, words)
    assert told({"1": MORNING, "2": MORNING}, "10:39")[0] is Stage.PROVISIONAL  # the reading takes some minutes


def test_one_account_that_was_not_read_again_keeps_the_day_from_being_final() -> None:
    found = told({"1": REREAD, "2": MORNING}, "10:41")
    assert found[:2] == (Stage.UNSETTLED, Tone.WARN)
    assert "10:35 的复核没有完成，仍为初步数据" in found[2]


def test_an_empty_day_is_as_good_as_one_with_rows() -> None:
    assert told({"1": loaded(rows=0, cost="0", read="10:36"), "2": REREAD}, "10:40")[0] is Stage.FINAL


def test_a_day_whose_figures_are_known_from_the_status_table_alone_is_not_called_final() -> None:
    good = bad(DayState.LOADED)  # a good outcome, but nobody knows when it was read
    assert told({"1": good, "2": REREAD}, "10:50")[0] is Stage.UNSETTLED


def test_while_the_second_reading_runs_the_page_says_so() -> None:
    run = UnderWay("settle-2026-11-29", RunKind.SETTLE)
    words = "11月29日（周日）的数据已入库，正在复核"
    assert told({"1": MORNING, "2": MORNING}, "10:35", run=run) == (Stage.RUNNING, Tone.LIVE, words)


def test_a_backfill_of_final_figures_does_not_make_them_less_final() -> None:
    run = UnderWay("backfill-2026-11-29-2026-11-29-1", RunKind.BACKFILL)
    assert told({"1": REREAD, "2": REREAD}, "12:00", run=run)[0] is Stage.FINAL


def test_while_the_morning_run_works_nothing_is_wrong() -> None:
    run = UnderWay("daily-2026-11-29", RunKind.DAILY)
    assert told({}, "07:01", run=run) == (Stage.RUNNING, Tone.LIVE, "正在同步11月29日（周日）的数据")
    assert told({"1": MORNING}, "07:03", run=run)[2].endswith("，已入库 1 个账户，还有 1 个")


def test_before_seven_the_day_is_not_due() -> None:
    words = "11月29日（周日）的数据将于 07:00 开始同步"
    assert told({}, "06:30") == (Stage.NOT_DUE, Tone.CALM, words)


def test_between_seven_and_the_deadline_the_page_says_until_when_it_comes() -> None:
    assert told({}, "07:03")[2] == "11月29日（周日）的数据尚未入库，预计 07:05 前完成"


def test_one_account_read_by_hand_before_seven_does_not_make_the_others_wrong() -> None:
    assert told({"1": loaded(read="06:10")}, "06:30")[:2] == (Stage.NOT_DUE, Tone.CALM)


def test_a_reading_that_failed_is_wrong_even_before_the_deadline() -> None:
    assert told({"1": MORNING, "2": bad()}, "07:03")[:2] == (Stage.LACKING, Tone.BAD)


def test_past_the_deadline_a_day_without_any_account_is_missing() -> None:
    words = "11月29日（周日）的数据没有入库，2 个账户均缺少"
    assert told({}) == (Stage.LACKING, Tone.BAD, words)


@pytest.mark.parametrize(
    ("day", "what"),
    [
        (bad(DayState.INCOMPLETE), "不完整"),
        (bad(DayState.FAILED), "没有入库"),
        (bad(DayState.MISSING), "没有入库"),
    ],
)
def test_an_account_that_lacks_the_day_is_named_with_what_is_wrong(day: object, what: str) -> None:
    assert told({"1": MORNING, "2": day}) == (
        Stage.LACKING,
        Tone.BAD,
        f"11月29日（周日）有 1 个账户的数据{what}：城西店",
    )


def test_accounts_that_lack_it_in_different_ways_are_told_together() -> None:
    days = {"1": MORNING, "2": bad(DayState.INCOMPLETE), "3": bad()}
    assert told(days, waited_for=[EAST, WEST, NORTH])[2].endswith("有 2 个账户的数据没有入库或不完整：城西店、城北店")


def test_of_many_accounts_the_first_are_named() -> None:
    many = [EAST, WEST, NORTH, *[type(EAST)(str(n), f"店{n}") for n in range(4, 9)]]
    assert told({"1": MORNING}, waited_for=many)[2].endswith("有 7 个账户的数据没有入库：城西店、城北店、店4 等 7 个")


def test_a_day_that_waits_for_its_second_witness_needs_nobody() -> None:
    waiting = bad(DayState.INCOMPLETE, again_at=at("10:05"))
    found = told({"1": MORNING, "2": waiting})
    assert found[:2] == (Stage.LACKING, Tone.WARN)
    assert found[2].endswith("：城西店；10:05 后自动再次核对")
    assert told({"1": MORNING, "2": waiting}, "11:00")[1] is Tone.BAD  # that time has passed


def test_what_may_have_been_overwritten_is_not_good() -> None:
    doubtful = bad(DayState.INCOMPLETE, written=True)
    assert told({"1": MORNING, "2": type(doubtful)(MORNING.loaded, doubtful.last)})[0] is Stage.LACKING


def test_an_emptied_redis_is_told_as_unknown_and_not_as_missing() -> None:
    found = told({}, known=False)
    assert found == (Stage.UNKNOWN, Tone.WARN, "没有任何同步记录，无法判断11月29日（周日）的数据是否已入库")


def test_without_accounts_nothing_can_be_said() -> None:
    assert told({}, waited_for=None)[:2] == (Stage.UNKNOWN, Tone.WARN)
    assert told({}, waited_for=[])[:2] == (Stage.NOBODY, Tone.WARN)


def test_the_age_is_that_of_the_oldest_figures_that_count() -> None:
    found = judge(seen({"1": MORNING, "2": REREAD}, "10:50"))
    assert found.as_of == at("07:02")
    assert judge(seen({"1": REREAD, "2": bad()}, "10:50")).as_of == at("10:36")
    assert judge(seen({}, "06:00")).as_of is None


def test_where_the_day_before_is_shown_the_page_says_when_yesterday_comes() -> None:
    def tomorrow(clock: str) -> str | None:
        return awaited(seen({"1": REREAD, "2": REREAD}, now=at(clock, 1)))

    assert tomorrow("06:00") == "11月30日（周一）的数据将于 07:00 开始同步"
    assert tomorrow("07:02") == "11月30日（周一）的数据尚未入库，预计 07:05 前完成"
    assert awaited(seen({"1": REREAD}, "06:00")) is None


def test_beside_an_account_that_lacks_the_day_the_others_are_provisional_or_final() -> None:
    lacking = {"1": MORNING, "2": bad()}
    assert judge(seen(lacking)).rest == "其余账户为初步数据，10:35 复核后为准"
    assert judge(seen(lacking, "10:50")).rest == "其余账户仍为初步数据，10:35 的复核没有完成"
    assert judge(seen({"1": REREAD, "2": bad()}, "10:50")).rest == "其余账户的数据已复核完成"
    assert judge(seen({"1": bad(DayState.LOADED), "2": bad()}, "10:50")).rest.startswith("其余账户仍为初步数据")
    assert judge(seen({"1": bad(), "2": bad()})).rest == ""
