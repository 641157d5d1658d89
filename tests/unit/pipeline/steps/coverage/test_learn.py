"""What the end of a run leaves behind."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.errors import AccountUnavailable, Trouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, LoadOutcome, Run
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.absence import Readings
from pipeline.core.runs.findings import STOPPED, Findings
from pipeline.core.unforeseen import Unforeseen
from pipeline.state.coverage.absences import Absences
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.no_redis import in_memory
from pipeline.steps.coverage.learn import learn_conflicts, learn_states, note_absences
from tests.chains import only

DAY = date(2026, 2, 11)
AT = AccountDay("1", DAY)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
LOADED = Loaded(2, "118.36", "c1", NOW - timedelta(hours=3))
TROUBLE, BUG = AccountUnavailable("code 40002").trouble(), Unforeseen("KeyError").trouble()


class Ground:
    """The memory of one table, and a load that had set out to change nothing."""

    def __init__(self) -> None:
        client = in_memory()
        self.coverage, self.last_outcomes = (
            Coverage(client, only("tbl1")),
            LastOutcomes(client, only("tbl1")),
        )
        self.book, self.absences = DayBook(self.coverage, self.last_outcomes), Absences(client)
        self.ctx: Any = SimpleNamespace(
            report=PROMOTION,
            book=self.book,
            last_outcomes=self.last_outcomes,
            absences=self.absences,
            staging=SimpleNamespace(changes=lambda _: {}),
            settings=SimpleNamespace(catch_up_days=30),
            shared_now=lambda: NOW,
        )


@pytest.fixture
def ground() -> Ground:
    return Ground()


def run(parked: tuple[str, ...] = ()) -> Run:
    return Run(
        run_id="run1",
        day=DAY,
        days=DayRange(DAY, DAY),
        accounts=(Account("1", "城东店"),),
        started_at=NOW,
        deadline=NOW,
        parked=parked,
    )


def found(state: DayState, load: LoadOutcome | None = None, why: Trouble = TROUBLE) -> Findings:
    day = DayOutcome(day=DAY, state=state, rows=1, trouble=why)
    fetch = FetchOutcome(account_id="1", days=(day,), rows=1, checksum="", as_of=NOW)
    return Findings(run(), {"1": fetch}, load, None)


def test_a_loaded_day_that_could_not_be_read_stays_as_it_is(ground: Ground) -> None:
    ground.coverage.learn({AT: LOADED}, NOW)
    assert learn_states(ground.ctx, [found(DayState.FAILED)]) == {}
    assert ground.book.at([AT])[AT].shown.state == DayState.LOADED


def test_a_day_that_was_never_loaded_is_remembered_as_failed(ground: Ground) -> None:
    assert learn_states(ground.ctx, [found(DayState.FAILED)]).keys() == {AT}
    assert ground.book.at([AT])[AT].shown.state == DayState.FAILED


def test_a_day_that_a_stopped_run_had_not_begun_to_read_leaves_nothing_behind(ground: Ground) -> None:
    stopped = Trouble(reason=STOPPED, message="m", what_to_do="w")
    assert learn_states(ground.ctx, [found(DayState.FAILED, why=stopped)]) == {}
    assert ground.book.at([AT]) == {}


@pytest.mark.parametrize(
    ("load", "doubtful"),
    [
        (LoadOutcome(), True),
        (LoadOutcome(trouble=TROUBLE), False),  # it had set out to change nothing
        (LoadOutcome(trouble=BUG), True),  # nobody can say
        (None, False),
    ],
)
def test_a_day_that_is_not_whole_is_in_doubt_if_its_rows_were_perhaps_written(
    ground: Ground, load: LoadOutcome | None, *, doubtful: bool
) -> None:
    ground.coverage.learn({AT: LOADED}, NOW)
    learn_states(ground.ctx, [found(DayState.INCOMPLETE, load)])
    day = ground.book.at([AT])[AT]
    assert (day.loaded, day.doubtful) == (LOADED, doubtful)


def test_a_contradicted_day_keeps_the_figures_that_are_loaded_and_its_doubt(ground: Ground) -> None:
    ground.coverage.learn({AT: LOADED}, NOW)
    ground.last_outcomes.learn({AT: LastOutcome(state=DayState.INCOMPLETE, written=True)}, NOW)
    word = learn_conflicts(ground.ctx, [AT])[AT]
    assert (word.outcome.state, word.outcome.rows) == (DayState.INCOMPLETE, 2)
    assert ground.book.at([AT])[AT].doubtful


def test_a_parked_account_is_told_once_a_week_and_once_when_it_is_back(ground: Ground) -> None:
    ground.absences.begin({"1": NOW - timedelta(days=8)})
    [told] = note_absences(ground.ctx, run(parked=("1",)), Readings())
    assert "已停用" in told
    assert note_absences(ground.ctx, run(parked=("1",)), Readings()) == (told,)  # the same run says the same
    back = Readings()
    back.alive.add("1")
    assert "已恢复" in note_absences(ground.ctx, run(parked=("1",)), back)[0]
    assert ground.absences.all() == {}
