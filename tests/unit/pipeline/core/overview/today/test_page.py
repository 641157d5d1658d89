"""The first page as a whole."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.coverage.history import Figures
from pipeline.core.errors import NeedsAuthorization
from pipeline.core.model import Account, AccountDay
from pipeline.core.outcome import DayState
from pipeline.core.overview.today.figures import Past, Trend
from pipeline.core.overview.today.page import PER_PAGE, Calls, Outside, Room, Seen, Today, today_of
from pipeline.core.overview.today.todo import Access, Standstill
from pipeline.core.overview.today.verdict import Stage, Tone, UnderWay
from pipeline.core.run_kind import RunKind
from tests.unit.pipeline.core.overview.today.mornings import DAY, EAST, NORTH, WEST, at, bad, loaded, seen

REREAD = {"1": loaded("300", read="10:36"), "2": loaded("200", read="10:36")}
FINE = Standstill(access=Access(None, at("08:00", 20)))


def of(days: dict[str, DayCoverage], clock: str = "11:00", page: int = 1, **more: Any) -> Today:  # noqa: ANN401 fields
    given: dict[str, Any] = {
        "accounts": [EAST, WEST],
        "parked": {},
        "past": Past(known=True),
        "still": FINE,
        "room": Room(rows=10, cap=100),
        "calls": Calls(1, 10_000),
    }
    given |= more
    waited_for = given.pop("waited_for", [one for one in given["accounts"] or () if one.id not in given["parked"]])
    run = given.pop("run", None)
    return today_of(Seen(day=seen(days, clock, waited_for=waited_for, run=run), **given), page)


def test_a_final_day_is_green_and_has_nothing_to_do() -> None:
    page = of(REREAD)
    assert (page.tone, page.verdict.stage, page.todos, page.stale) == (Tone.GOOD, Stage.FINAL, (), False)
    assert (page.total.cost.value, page.counted, page.accounts) == (Decimal(500), 2, 2)
    assert [line.account for line in page.lines] == [EAST, WEST]


def test_a_dead_authorization_is_red_although_yesterday_is_final() -> None:
    dead = Standstill(access=Access(NeedsAuthorization("no").trouble(), at("08:00")))
    page = of(REREAD, still=dead)
    assert (page.tone, page.verdict.tone, page.authorized) == (Tone.BAD, Tone.GOOD, False)


def test_a_page_that_cannot_be_up_to_date_says_so() -> None:
    page = of(REREAD, still=Standstill(access=FINE.access, beat_silent=True))
    assert (page.stale, page.tone) == (True, Tone.BAD)


def test_days_left_are_known_or_not() -> None:
    assert of(REREAD).days_left == 19
    assert of(REREAD, still=Standstill(access=Access(None, None))).days_left is None


def test_totals_leave_out_what_is_not_sure_and_say_how_many_they_count() -> None:
    doubtful = DayCoverage(loaded("999").loaded, LastOutcome(state=DayState.INCOMPLETE, written=True))
    page = of({"1": loaded("100"), "2": doubtful})
    assert (page.total.cost.value, page.counted) == (Decimal(100), 1)
    assert page.course[-1].lacking == 1
    assert page.lines[0].measures.cost.value is None  # the doubtful one, which comes first


def test_the_course_ends_with_the_day_that_is_shown() -> None:
    page = of(REREAD)
    assert page.course[-1].day == DAY
    assert page.course[-1].figures == Figures(4, Decimal(500), Decimal(10))


def test_figures_are_compared_with_the_past_that_was_read() -> None:
    past = Past(history={AccountDay("1", DAY - timedelta(days=1)): Figures(1, Decimal(150), Decimal(5))}, known=True)
    page = of(REREAD, past=past)
    assert page.lines[0].measures.cost.day_before.trend is Trend.UP
    assert page.total.cost.day_before.share == 1  # over the one account that has both days


def test_many_accounts_come_in_pages_with_totals_over_all() -> None:
    many = [Account(str(n), f"店{n}") for n in range(120)]
    days = {one.id: loaded("1", read="10:36") for one in many}
    pages = [of(days, accounts=many, page=n) for n in (1, 2, 3)]
    assert [len(page.lines) for page in pages] == [PER_PAGE, PER_PAGE, 20]
    assert len({line.account for page in pages for line in page.lines}) == 120
    assert {page.total.cost.value for page in pages} == {120}
    assert [of(days, accounts=many, page=n).page for n in (-5, 0, 4, 10**30)] == [1, 1, 3, 3]


def test_spend_outside_promotions_is_summed_with_its_accounts() -> None:
    spent = DayCoverage(loaded().loaded, LastOutcome(state=DayState.LOADED, outside="12.50"))
    assert of({"1": spent, "2": spent}).outside == Outside(Decimal("25.00"), ("城东店", "城西店"))
    assert of(REREAD).outside == Outside()


def test_parked_accounts_are_listed_and_not_waited_for() -> None:
    page = of({**REREAD, "3": bad(DayState.PARKED)}, accounts=[EAST, WEST, NORTH], parked={"3": at("07:00", -9)})
    assert (page.verdict.stage, page.todos) == (Stage.FINAL, ())
    assert [(one.name, one.since) for one in page.parked] == [("城北店", at("07:00", -9))]
    assert page.lines[-1].state is DayState.PARKED


def test_a_run_under_way_can_be_followed() -> None:
    page = of({}, "07:01", run=UnderWay("daily-2026-11-29", RunKind.DAILY))
    assert (page.run_id, page.tone) == ("daily-2026-11-29", Tone.LIVE)


def test_nothing_known_shows_nothing_as_zero() -> None:
    page = of({}, accounts=None, waited_for=None, past=Past())
    assert (page.known, page.accounts, page.counted, page.lines) == (False, None, 0, ())
    assert page.total.cost.value is None
    assert page.course[-1].figures is None


def test_beside_good_news_the_sentence_names_the_first_thing_to_do() -> None:
    dead = Standstill(access=Access(NeedsAuthorization("no").trouble(), at("08:00")), beat_silent=True)
    assert of(REREAD, still=dead).words.endswith("均已入库；但巨量引擎授权已失效，新的数据无法读取")
    soon = Standstill(access=Access(None, at("08:00", 5)))
    page = of(REREAD, still=soon)
    assert page.words.endswith("；请注意：巨量引擎授权将在 4 天后到期，到期后同步停止")
    assert page.tone is Tone.WARN


def test_beside_bad_news_it_says_the_bad_news_alone() -> None:
    dead = Standstill(access=Access(NeedsAuthorization("no").trouble(), at("08:00")))
    assert of({}, still=dead).words == of({}).words


def test_a_course_is_shown_where_anything_of_it_is_known() -> None:
    assert of(REREAD).has_course
    assert not of({}).has_course
