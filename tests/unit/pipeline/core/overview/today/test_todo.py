"""What a person must do, and where."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.causes import CAUSES
from pipeline.core.errors import AccountUnavailable, NeedsAuthorization, NeedsPerson, TableFull, Throttled
from pipeline.core.outcome import DayState
from pipeline.core.overview.today.todo import PASSING, Access, Place, Standstill, ToDo, todos, tone_of
from pipeline.core.overview.today.verdict import Tone
from tests.unit.pipeline.core.overview.today.mornings import EAST, WEST, at, bad, loaded

NOW = at("08:00")
FINE = Access(None, NOW + timedelta(days=30))
DEAD = Access(NeedsAuthorization("refused").trouble(), NOW + timedelta(days=20))


def of(still: Standstill | None = None, **days: object) -> tuple[ToDo, ...]:
    return todos(still or Standstill(access=FINE), [EAST, WEST], {one[1:]: day for one, day in days.items()}, NOW)  # type: ignore[misc]


def test_where_all_is_fine_there_is_nothing_to_do() -> None:
    assert of(_1=loaded(), _2=loaded()) == ()


def test_a_dead_authorization_is_renewed_on_its_page() -> None:
    (one,) = of(Standstill(access=DEAD))
    assert (one.what, one.place, one.urgent) == ("巨量引擎授权已失效，新的数据无法读取", Place.AUTHORIZE, True)
    assert "勾选全部账户" in one.cure


def test_without_any_authorization_it_did_not_end_but_is_absent() -> None:
    (one,) = of(Standstill(access=Access(NeedsAuthorization("none").trouble(), None)))
    assert one.what.startswith("没有可用的巨量引擎授权")


def test_an_authorization_that_cannot_be_read_says_its_own_cure() -> None:
    trouble = NeedsPerson("keys", what_to_do="服务器上保存的授权无法读取，请联系维护人员，或重新授权。").trouble()
    (one,) = of(Standstill(access=Access(trouble, None)))
    assert (one.cure, one.place) == (trouble.what_to_do, Place.AUTHORIZE)


def test_what_follows_from_a_dead_authorization_is_not_told_besides() -> None:
    failed = bad(reason="needs_authorization", what_to_do="…")
    still = Standstill(access=DEAD, run_trouble=DEAD.trouble)
    assert len(of(still, _1=failed, _2=failed)) == 1


@pytest.mark.parametrize(
    ("left", "words", "urgent"),
    [
        (timedelta(days=7, hours=3), "将在 7 天后到期", False),
        (timedelta(days=2), "将在 2 天后到期", False),
        (timedelta(days=1, hours=23), "将在 1 天后到期", True),
        (timedelta(hours=5), "将在 24 小时内到期", True),
    ],
)
def test_the_end_of_the_authorization_is_told_from_seven_days_before(
    left: timedelta, words: str, *, urgent: bool
) -> None:
    (one,) = of(Standstill(access=Access(None, NOW + left)))
    assert words in one.what
    assert (one.place, one.urgent) == (Place.AUTHORIZE, urgent)


def test_eight_days_before_it_is_no_news() -> None:
    assert of(Standstill(access=Access(None, NOW + timedelta(days=8)))) == ()


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        ({"beat_silent": True}, "定时任务超过 15 分钟没有运行，每日同步不会自动开始"),
        ({"workers_silent": True}, "同步程序没有运行，任何同步都不会完成"),
        ({"beat_silent": True, "workers_silent": True}, "同步服务没有运行，每日同步不会自动开始"),
    ],
)
def test_whoever_is_silent_makes_the_page_stale_and_is_one_thing_to_do(silent: dict[str, Any], words: str) -> None:
    still = Standstill(access=FINE, **silent)
    (one,) = of(still, _1=loaded(), _2=loaded())
    assert (one.what, one.place, one.urgent, still.stale) == (words, Place.DOCTOR, True, True)
    assert one.cure.startswith("请联系维护人员（编号 no_")
    assert not Standstill(access=FINE).stale


def test_stopped_loading_and_unclear_records_are_told_with_their_cures() -> None:
    made = of(Standstill(access=FINE, stops=("tables_disagree", "table_unseen"), unclear=True))
    assert [(one.what, one.place) for one in made] == [
        ("数据表清单有出入", Place.TABLES),
        ("表格中的数据读不到", Place.DOCTOR),
        ("记录归属不明", Place.DOCTOR),
    ]


def test_a_full_table_is_one_thing_for_all_its_accounts() -> None:
    full = bad(reason=TableFull.reason, what_to_do="请归档旧数据，或换一张新表。")
    (one,) = of(_1=full, _2=full)
    assert one == ToDo("城东店、城西店：表格已满", "请归档旧数据，或换一张新表。", Place.TABLES)


def test_a_refused_account_is_told_beside_the_others() -> None:
    refused = bad(reason=AccountUnavailable.reason, what_to_do="请在巨量引擎检查该账户的状态和授权。")
    (one,) = of(_1=loaded(), _2=refused)
    assert (one.what, one.place) == ("城西店：账户不可用", Place.ACCOUNTS)


def test_an_account_that_cannot_be_read_any_more_is_told_although_the_day_is_whole() -> None:
    days = {"1": loaded(), "2": loaded()}
    (one,) = todos(Standstill(access=FINE), [EAST, WEST], days, NOW, absent={WEST.id})
    assert one.what == "城西店：账户不可用，之后的数据会缺失"
    assert (one.place, one.urgent) == (Place.ACCOUNTS, False)


def test_what_a_later_reading_mends_is_nobody_s_task() -> None:
    assert of(_1=bad(reason=Throttled.reason), _2=bad(DayState.INCOMPLETE, reason="incomplete")) == ()


def test_a_run_that_failed_as_a_whole_is_told_once() -> None:
    trouble = TableFull("full").trouble()
    made = of(Standstill(access=FINE, run_trouble=trouble), _1=bad(reason=TableFull.reason), _2=bad())
    assert [one.what for one in made] == ["表格已满"]
    assert of(Standstill(access=FINE, run_trouble=Throttled("slow").trouble())) == ()


def test_an_outcome_of_an_older_release_without_a_reason_is_no_task() -> None:
    assert of(_1=bad(what_to_do="…")) == ()


def test_the_urgent_comes_first() -> None:
    soon = Access(None, NOW + timedelta(days=5))
    made = of(Standstill(access=soon), _1=bad(reason=TableFull.reason))
    assert [one.urgent for one in made] == [True, False]


def test_every_reason_that_passes_is_one_that_exists() -> None:
    assert CAUSES.keys() >= PASSING


@pytest.mark.parametrize(
    ("urgent", "before", "after"),
    [
        ([], Tone.GOOD, Tone.GOOD),
        ([True], Tone.GOOD, Tone.BAD),
        ([False], Tone.GOOD, Tone.WARN),
        ([False], Tone.BAD, Tone.BAD),
        ([False, True], Tone.LIVE, Tone.BAD),
    ],
)
def test_what_there_is_to_do_weighs_more_than_figures_that_are_fine(
    urgent: list[bool], before: Tone, after: Tone
) -> None:
    assert tone_of([ToDo("", "", Place.DOCTOR, one) for one in urgent], before) is after
