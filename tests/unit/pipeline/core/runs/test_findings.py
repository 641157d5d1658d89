"""The last word on a day: what was read later, what this run wrote and read back, or why neither is good."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.errors import ServerTrouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, Doubt, FetchOutcome, LoadOutcome, Run, VerifyOutcome
from pipeline.core.read_back import DayAgreement, Overtaken
from pipeline.core.runs.findings import Findings, Word, day_outcomes, last_words
from pipeline.core.runs.summary import end_of

DAY = date(2026, 2, 11)
SEVEN = datetime(2026, 2, 12, 7, tzinfo=UTC)
SETTLED = SEVEN + timedelta(hours=3)
EAST = Account("1801", "城东店")
AT = AccountDay(EAST.id, DAY)
RUN = Run(
    run_id="daily-2026-02-11", day=DAY, days=DayRange(DAY, DAY), accounts=(EAST,), started_at=SEVEN, deadline=SEVEN
)
OWN = DayOutcome(day=DAY, state=DayState.LOADED, rows=2, cost=Decimal("10.50"))
LATER = Word(DayOutcome(day=DAY, state=DayState.LOADED, rows=3, cost=Decimal("12.00")), SETTLED)
OVERTAKEN = Overtaken(account_id=EAST.id, day=DAY, rows=3, cost=Decimal("11.90"))
AGREES, DIFFERS = (DayAgreement(account_id=EAST.id, day=DAY, wrong=wrong) for wrong in (0, 1))


def found(
    own: DayOutcome = OWN,
    agreement: DayAgreement | None = AGREES,
    overtaken: Overtaken | None = None,
    later: Word | None = None,
    load: LoadOutcome | None = None,
) -> Findings:
    fetch = FetchOutcome(account_id=EAST.id, days=(own,), rows=2, checksum="", as_of=SEVEN)
    agreements = (agreement,) if agreement and not overtaken else ()
    over = (overtaken,) if overtaken else ()
    known = bool(agreements or over)
    verified = known and all(one.agrees for one in agreements) and all(one.proven for one in over)
    verify = VerifyOutcome(agreements=agreements, overtaken=over, verified=verified)
    return Findings(RUN, {EAST.id: fetch}, load or LoadOutcome(), verify, later={AT: later} if later else {})


def word(findings: Findings) -> Word:
    return last_words([findings])[AT]


def test_without_anybody_else_it_is_the_runs_own() -> None:
    assert word(found()) == Word(OWN, SEVEN)


@pytest.mark.parametrize("agreement", [AGREES, DIFFERS])
def test_what_was_read_and_loaded_later_comes_first(agreement: DayAgreement) -> None:
    one = found(agreement=agreement, later=LATER)
    assert word(one) == LATER
    assert end_of(one).verified


def test_that_holds_for_a_reading_that_was_not_whole_too() -> None:
    assert word(found(replace(OWN, state=DayState.INCOMPLETE), later=LATER)) == LATER


@pytest.mark.parametrize("load", [None, LoadOutcome(trouble=ServerTrouble("code 50000").trouble())])
def test_what_the_run_itself_could_not_do_stays_its_trouble(load: LoadOutcome | None) -> None:
    own = OWN if load else replace(OWN, state=DayState.FAILED)
    one = found(own, agreement=None, later=LATER, load=load)
    assert word(one).outcome.state == DayState.FAILED
    assert not end_of(one).verified


def test_a_newer_reading_that_nobody_read_back_makes_the_day_incomplete_with_what_the_table_has() -> None:
    said = word(found(overtaken=OVERTAKEN))
    assert (said.outcome.state, said.outcome.rows, said.outcome.cost, said.as_of) == (
        DayState.INCOMPLETE, 3, Decimal("11.90"), SEVEN,
    )  # fmt: skip
    assert said.outcome.trouble
    assert said.outcome.trouble.reason == "overtaken"


def test_it_is_good_as_soon_as_somebody_did() -> None:
    one = found(overtaken=OVERTAKEN, later=LATER)
    assert word(one) == LATER
    assert end_of(one).verified


def test_a_table_that_has_not_what_the_newer_reading_left_is_incomplete_until_it_is_read_back_again() -> None:
    changed = replace(OVERTAKEN, against=SETTLED)
    one = found(overtaken=changed, later=LATER)
    assert (word(one).outcome.state, word(one).as_of) == (DayState.INCOMPLETE, SETTLED)
    assert not end_of(one).verified
    again = replace(LATER, as_of=SETTLED + timedelta(minutes=1))
    assert word(found(overtaken=changed, later=again)) == again


def test_a_table_that_has_it_is_good_even_where_nothing_is_remembered_any_more() -> None:
    proven = replace(OVERTAKEN, against=SETTLED, proven=True)
    assert word(found(overtaken=proven, later=LATER)) == LATER
    assert word(found(overtaken=proven)) == Word(
        DayOutcome(day=DAY, state=DayState.LOADED, rows=3, cost=Decimal("11.90")), SETTLED
    )


def test_a_reading_that_was_too_old_to_be_written_says_so() -> None:
    trouble = word(found(agreement=None, load=LoadOutcome(stale=(EAST.id,)))).outcome.trouble
    assert trouble
    assert trouble.reason == "stale"


def test_a_conflict_that_another_batch_found_counts() -> None:
    one = replace(found(), conflicts=frozenset({AT}))
    [outcome] = day_outcomes([one]).values()
    assert (outcome.state, outcome.trouble and outcome.trouble.reason) == (DayState.INCOMPLETE, "conflict")


def test_a_doubt_is_told_with_what_stood_in_the_way() -> None:
    why = ServerTrouble("code 50000").trouble()
    doubt = Doubt(account_id=EAST.id, day=DAY, trouble=why)
    outcome = word(found(load=LoadOutcome(doubts=(doubt,)))).outcome
    assert (outcome.state, outcome.trouble) == (DayState.INCOMPLETE, why)
