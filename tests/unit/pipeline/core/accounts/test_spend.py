"""When a day is whole although its account spent more than its promotions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.core.accounts.spend import (
    Look,
    Noted,
    Reading,
    Weighed,
    accepted,
    falls_short,
    tolerance,
    weigh,
    weighing_of,
)
from pipeline.core.errors import NeedsPerson
from pipeline.core.model import CHINA, ReportRow, Totals
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.runs.quality import judge_days

DAY = date(2026, 2, 1)
BEFORE = DAY - timedelta(days=1)
SEVEN = datetime(2026, 2, 2, 7, tzinfo=CHINA)
SETTLING = datetime(2026, 2, 2, 10, 35, tzinfo=CHINA)
USUAL = {BEFORE: Noted(amount=Decimal(40), accepted=True, told_by="settle-2026-01-31")}
Costs = Mapping[str, str]


def costs_of(costs: Costs) -> dict[str, Decimal]:
    return {promotion: Decimal(cost) for promotion, cost in costs.items()}


def judged(costs: Mapping[str, Decimal], total: Decimal) -> DayOutcome:
    """What the sums alone say."""
    rows = [ReportRow("18", DAY, promotion, "", {"stat_cost": cost}) for promotion, cost in costs.items()]
    (outcome,) = judge_days(rows, {DAY: Totals(total, Decimal(1))}, [DAY])
    return outcome


def look(at: datetime = SEVEN, projects: str | None = None, **known: object) -> Look:
    sums = None if projects is None else {DAY: Decimal(projects)}
    made = Look(account_id="18", run_id="daily-2026-02-01", at=at, settle_at=time(10, 35), witness=sums)
    return replace(made, **known)  # type: ignore[arg-type]


def weighed(costs: Costs, total: str, seen: Look) -> Weighed:
    short = judged(costs_of(costs), Decimal(total))
    assert falls_short(short)
    return weigh(short, costs_of(costs), seen)


WHOLE = {"p1": "60", "p2": "40"}  # 100 元 of the account's 140


def test_what_is_usual_counts_at_once_when_the_projects_say_that_the_promotions_are_whole() -> None:
    found = weighed(WHOLE, "140", look(projects="100", noted=USUAL))
    outcome = found.outcome
    assert (outcome.state, outcome.outside, outcome.outside_new) == (DayState.LOADED, Decimal(40), False)
    assert (outcome.trouble, outcome.rows, outcome.cost) == (None, 2, Decimal(100))
    assert outcome.note == "另有 40.00 元不在单元中（全域推广等）"
    assert (found.noted.accepted, found.noted.amount, found.look_again) == (True, Decimal(40), False)


@pytest.mark.parametrize("projects", ["140", "120", "99.9", "0", "141"])
def test_projects_that_sum_to_something_else_are_no_witness(projects: str) -> None:
    found = weighed(WHOLE, "140", look(projects=projects, noted=USUAL))
    assert (found.outcome.state, found.outcome.outside) == (DayState.INCOMPLETE, Decimal(0))
    assert found.look_again
    assert found.noted.accepted is False


@pytest.mark.parametrize("projects", ["100.09", "99.91", "100"])  # 0.1 % of about 100
def test_the_projects_may_miss_the_promotions_by_their_own_rounding_and_not_by_the_accounts(projects: str) -> None:
    assert weighed(WHOLE, "9140", look(projects=projects, noted=USUAL)).outcome.state == DayState.LOADED
    assert weighed(WHOLE, "9140", look(projects="100.2", noted=USUAL)).outcome.state == DayState.INCOMPLETE


def test_without_rows_the_projects_may_have_nothing_at_all() -> None:
    later = {DAY: Noted(amount=Decimal(40), since=SEVEN)}
    assert weighed({}, "40", look(SETTLING, "0.01", noted=later)).outcome.state == DayState.INCOMPLETE
    assert weighed({}, "40", look(SETTLING, "0", noted=later)).outcome.state == DayState.LOADED


def test_a_project_report_that_cannot_be_read_leaves_everything_open() -> None:
    why = NeedsPerson("not granted", what_to_do="请申请权限。", code=40118).trouble()
    noted = {DAY: Noted(amount=Decimal(40), since=SEVEN), **USUAL}
    found = weighed(WHOLE, "140", look(SETTLING, unread=why, noted=noted))
    trouble = found.outcome.trouble
    assert found.outcome.state == DayState.INCOMPLETE
    assert trouble
    assert (trouble.reason, trouble.code, trouble.needs_person) == ("incomplete", 40118, True)
    assert "请申请权限。" in trouble.what_to_do
    assert (found.noted, found.look_again) == (noted[DAY], True)


def test_a_new_amount_counts_when_a_reading_of_three_hours_later_finds_it_again() -> None:
    first = weighed(WHOLE, "140", look(projects="100"))
    assert first.outcome.state == DayState.INCOMPLETE
    assert first.outcome.again_at == SEVEN + timedelta(hours=3)
    assert "02-02 10:00 后系统会再核对一次" in str(first.outcome.note)
    assert first.noted == Noted(amount=Decimal(40), since=SEVEN)
    assert first.look_again
    early = weighed(WHOLE, "140", look(SEVEN + timedelta(hours=2, minutes=59), "100", noted={DAY: first.noted}))
    assert early.outcome.state == DayState.INCOMPLETE
    assert early.noted == first.noted
    late = weighed(WHOLE, "140", look(SETTLING, "100", noted={DAY: early.noted}, run_id="settle-2026-02-01"))
    assert (late.outcome.state, late.outcome.outside, late.outcome.outside_new) == (DayState.LOADED, Decimal(40), True)
    assert (late.noted.accepted, late.noted.told_by) == (True, "settle-2026-02-01")


def test_the_run_that_tells_it_as_new_tells_it_so_however_often_it_reads_and_no_other_run_does() -> None:
    noted = {DAY: Noted(amount=Decimal(40), since=SEVEN, accepted=True, told_by="settle-2026-02-01")}
    same = weighed(WHOLE, "140", look(SETTLING, "100", noted=noted, run_id="settle-2026-02-01"))
    other = weighed(WHOLE, "140", look(SETTLING, "100", noted=noted, run_id="catch-up"))
    assert (same.outcome.outside_new, other.outcome.outside_new) == (True, False)
    assert (same.outcome.state, other.outcome.state) == (DayState.LOADED, DayState.LOADED)


def test_a_day_that_is_not_read_again_by_itself_says_that_a_person_must() -> None:
    found = weighed(WHOLE, "140", look(projects="100", owed_from=DAY + timedelta(days=1)))
    assert "请对该日重新补数" in str(found.outcome.note)


@pytest.mark.parametrize(("total", "state"), [("160", DayState.LOADED), ("139", DayState.INCOMPLETE)])
def test_an_amount_that_grew_is_found_again_and_one_that_shrank_is_another_one(total: str, state: DayState) -> None:
    """Rows that come in late make the difference smaller."""
    first = {DAY: Noted(amount=Decimal(40), since=SEVEN)}
    found = weighed(WHOLE, total, look(SETTLING, "100", noted=first))
    assert found.outcome.state == state
    assert found.noted.since == (SEVEN if state == DayState.LOADED else SETTLING)


def test_a_reading_between_that_finds_rows_missing_makes_the_next_one_the_first() -> None:
    first = {DAY: Noted(amount=Decimal(40), since=SEVEN)}
    between = weighed({"p1": "60"}, "140", look(SEVEN + timedelta(hours=1), "100", noted=first))
    again = weighed(WHOLE, "140", look(SETTLING, "100", noted={DAY: between.noted}))
    assert (between.noted.since, again.outcome.state, again.noted.since) == (None, DayState.INCOMPLETE, SETTLING)


def test_a_first_reading_in_the_future_tells_nothing() -> None:
    ahead = {DAY: Noted(amount=Decimal(40), since=SETTLING + timedelta(days=400))}
    found = weighed(WHOLE, "140", look(SETTLING, "100", noted=ahead))
    assert (found.outcome.state, found.noted.since) == (DayState.INCOMPLETE, SETTLING)


@pytest.mark.parametrize(("days", "state"), [(14, DayState.LOADED), (15, DayState.INCOMPLETE)])
def test_what_was_accepted_fourteen_days_ago_is_usual_and_before_that_it_is_new(days: int, state: DayState) -> None:
    noted = {DAY - timedelta(days=days): Noted(amount=Decimal(1), accepted=True)}
    assert weighed(WHOLE, "140", look(projects="100", noted=noted)).outcome.state == state
    noted = {DAY + timedelta(days=days): Noted(amount=Decimal(1), accepted=True)}
    assert weighed(WHOLE, "140", look(projects="100", noted=noted)).outcome.state == state


def test_what_was_only_found_is_not_usual() -> None:
    noted = {BEFORE: Noted(amount=Decimal(40), since=SEVEN)}
    assert weighed(WHOLE, "140", look(projects="100", noted=noted)).outcome.state == DayState.INCOMPLETE


@pytest.mark.parametrize("costs", [{}, {"p1": "0"}], ids=["no rows", "rows without cost"])
def test_a_day_without_cost_in_its_rows_needs_the_later_reading_each_time_and_is_told_once(costs: Costs) -> None:
    first = weighed(costs, "40", look(projects="0", noted=USUAL))
    assert (first.outcome.state, first.look_again) == (DayState.INCOMPLETE, False)
    later = weighed(costs, "40", look(SETTLING, "0", noted={**USUAL, DAY: first.noted}))
    assert (later.outcome.state, later.outcome.outside) == (DayState.LOADED, Decimal(40))
    assert not later.outcome.outside_new
    again = weighed(costs, "40", look(SETTLING + timedelta(hours=20), "0", noted={**USUAL, DAY: later.noted}))
    assert again.outcome.state == DayState.LOADED


def test_no_rows_after_rows_are_not_whole_at_any_reading() -> None:
    noted = {DAY: Noted(amount=Decimal(40), since=SEVEN), **USUAL}
    lately = [DAY - timedelta(days=14)]
    found = weighed({}, "40", look(SETTLING, "0", noted=noted, with_rows=lately))
    assert (found.outcome.state, found.noted.since) == (DayState.INCOMPLETE, None)
    assert "没有任何单元数据" in str(found.outcome.note)
    other = [DAY - timedelta(days=15), DAY, DAY + timedelta(days=1)]
    assert weighed({}, "40", look(SETTLING, "0", noted=noted, with_rows=other)).outcome.state == DayState.LOADED


READ = {DAY: Reading(costs_of({"p1": "60", "p2": "40", "p3": "5", "p4": "0"}), Decimal(145))}


@pytest.mark.parametrize(
    ("total", "state"),
    [
        ("145", DayState.INCOMPLETE),  # it did not fall at all
        ("141", DayState.INCOMPLETE),  # by 4 of the 5
        ("150", DayState.INCOMPLETE),
        ("140", DayState.LOADED),  # by the 5 of p3; p4 cost nothing
        ("130", DayState.LOADED),
    ],
)
def test_a_promotion_that_was_loaded_is_missed_unless_the_account_fell_by_it(total: str, state: DayState) -> None:
    found = weighed(WHOLE, total, look(projects="100", noted=USUAL, readings=READ))
    assert found.outcome.state == state
    assert ("p3" in str(found.outcome.note)) is (state == DayState.INCOMPLETE)


def test_promotions_that_come_are_not_missed() -> None:
    assert weighed(
        WHOLE, "140", look(projects="100", noted=USUAL, readings={DAY: Reading({}, Decimal(0))})
    ).outcome.state.good


def stuck_on(*mornings: int) -> dict[date, Noted]:
    """Days that were not whole, each read on the morning after."""
    return {date(2026, 1, n): Noted(stuck=(date(2026, 1, n + 1),)) for n in mornings}


@pytest.mark.parametrize(
    ("at", "noted", "named"),
    [
        (SETTLING, stuck_on(28, 29), True),
        (SETTLING, stuck_on(29), False),
        (SEVEN, stuck_on(28, 29), False),  # figures that have not settled do not count
        (SETTLING, stuck_on(15, 29), False),  # too long ago
        (SETTLING, {DAY: Noted(stuck=(date(2026, 1, 30), date(2026, 2, 2)))}, False),  # one morning counts once
    ],
)
def test_after_three_mornings_of_settled_figures_the_cure_names_the_setting(
    at: datetime,
    noted: Mapping[date, Noted],
    named: bool,  # noqa: FBT001 a table
) -> None:
    found = weighed(WHOLE, "140", look(at, "140", noted=noted))
    assert found.outcome.state == DayState.INCOMPLETE
    assert found.outcome.trouble
    assert ('[accounts.18] 中设置 difference = "expected"' in found.outcome.trouble.at_terminal) is named
    assert ("请联系维护人员" in str(found.outcome.note)) is named
    assert ("系统会自动重新获取" in str(found.outcome.note)) is not named


def test_projects_that_are_neither_the_promotions_nor_the_account_are_no_standing_difference() -> None:
    noted = stuck_on(27, 28, 29)
    found = weighed(WHOLE, "140", look(SETTLING, "120", noted=noted))
    assert found.outcome.trouble
    assert "difference" not in found.outcome.trouble.at_terminal
    assert found.noted.stuck == ()


def test_an_expected_difference_is_accepted_as_it_is() -> None:
    outcome = accepted(judged(costs_of(WHOLE), Decimal("140.55")))
    assert (outcome.state, outcome.outside, outcome.outside_new) == (DayState.LOADED, Decimal("40.55"), False)


@pytest.mark.parametrize(
    ("costs", "total"), [({"p1": "10"}, "10"), ({"p1": "10"}, "9"), ({}, "0"), ({"p": "10"}, "10.04")]
)
def test_only_a_day_whose_account_spent_more_falls_short(costs: Costs, total: str) -> None:
    assert not falls_short(judged(costs_of(costs), Decimal(total)))


fen = st.integers(min_value=0, max_value=10_000_000).map(lambda n: Decimal(n) / 100)
promotions = st.dictionaries(st.integers(1, 40).map("p{}".format), fen, max_size=12)
moments = st.sampled_from([SEVEN, SETTLING, SETTLING + timedelta(days=3)])
notes = st.builds(
    Noted,
    amount=fen,
    since=st.none() | st.sampled_from([SEVEN - timedelta(days=1), SEVEN]),
    accepted=st.booleans(),
    told_by=st.sampled_from(["", "daily-2026-02-01"]),
)
remembered = st.dictionaries(st.integers(-3, 3).map(lambda n: DAY + timedelta(days=n)), notes, max_size=5)


def parts_of(whole: Mapping[str, Decimal]) -> st.SearchStrategy[dict[str, Decimal]]:
    """Some promotions of these, all of them or none."""
    kept = st.sets(st.sampled_from(sorted(whole))) if whole else st.just(set[str]())
    return kept.map(lambda names: {name: whole[name] for name in sorted(names)})


@given(promotions, st.data(), fen, moments, remembered)
def test_rows_that_the_promotion_report_lacks_are_never_taken_for_spend_outside(
    whole: dict[str, Decimal], data: st.DataObject, outside: Decimal, at: datetime, noted: dict[date, Noted]
) -> None:
    left = data.draw(parts_of(whole))
    spent = sum(whole.values(), Decimal(0))
    gone = spent - sum(left.values(), Decimal(0))
    assume(gone > tolerance(spent, 1))
    short = judged(left, spent + outside)
    if falls_short(short):
        assert weigh(short, left, look(at, str(spent), noted=noted)).outcome.state == DayState.INCOMPLETE
    else:  # what is missing and what was spent outside are together within the account's own rounding
        assert gone + outside <= tolerance(spent + outside, 1)


@given(promotions, st.data(), fen, moments, remembered)
def test_loaded_rows_that_both_reports_lose_are_never_taken_for_spend_outside(
    whole: dict[str, Decimal], data: st.DataObject, outside: Decimal, at: datetime, noted: dict[date, Noted]
) -> None:
    left = data.draw(parts_of(whole))
    spent = sum(whole.values(), Decimal(0))
    gone = spent - sum(left.values(), Decimal(0))
    assume(gone > tolerance(gone, 1))
    short = judged(left, spent + outside)
    assume(falls_short(short))
    seen = look(at, str(spent - gone), noted=noted, readings={DAY: Reading(whole, spent + outside)})
    assert weigh(short, left, seen).outcome.state == DayState.INCOMPLETE


@given(promotions, fen, moments, remembered)
def test_whole_promotions_are_never_called_incomplete_where_spend_outside_is_usual(
    whole: dict[str, Decimal], outside: Decimal, at: datetime, noted: dict[date, Noted]
) -> None:
    spent = sum(whole.values(), Decimal(0))
    short = judged(whole, spent + outside)
    assume(falls_short(short) and spent)
    found = weigh(short, whole, look(at, str(spent), noted={**noted, **USUAL}))
    assert (found.outcome.state, found.outcome.outside) == (DayState.LOADED, outside)


def test_a_reading_joins_what_was_weighed_with_the_days_that_balance() -> None:
    balanced, short = replace(judged(costs_of(WHOLE), Decimal(100)), day=BEFORE), judged(costs_of(WHOLE), Decimal(140))
    note = Noted(amount=Decimal(40), since=SEVEN)
    found = weighing_of([balanced, short], {DAY: Weighed(accepted(short), note)}, look(), None)
    assert found.days == (balanced, accepted(short))
    assert (found.noted, found.look_again) == ({DAY: note}, False)
    assert weighing_of([short], {DAY: Weighed(short, note)}, look(noted={DAY: note}), None).noted == {}


@pytest.mark.parametrize("weighed", [True, False, None], ids=["it may help", "only a later one helps", "not weighed"])
def test_a_day_that_is_not_whole_is_read_again_at_once_unless_only_a_later_reading_can_help(
    weighed: bool | None,  # noqa: FBT001 a table
) -> None:
    short = judged(costs_of(WHOLE), Decimal(140))
    those = {} if weighed is None else {DAY: Weighed(short, Noted(), look_again=weighed)}
    assert weighing_of([short], those, look(), None).look_again is (weighed is not False)
