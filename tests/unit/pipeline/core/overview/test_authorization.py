"""Whose answer is taken, and which accounts came and went."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.core.model import DayRange
from pipeline.core.outcome import Run, RunState
from pipeline.core.overview.authorization import (
    NOT_SENT,
    NOTHING_OWED,
    SEARCHING,
    SILENT,
    Authorized,
    Invitation,
    Loading,
    changed,
    following,
)

BEGUN = Invitation(session="s-1", person="王店长", at=datetime(2026, 2, 12, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("session", "person", "ended", "fits"),
    [
        ("s-1", "王店长", False, True),
        ("s-2", "王店长", True, True),  # logged in again meanwhile
        ("s-2", "王店长", False, False),  # another browser of the same person
        ("s-2", "李店长", True, False),
        ("s-2", "李店长", False, False),
    ],
)
def test_an_answer_fits_the_session_that_began_or_its_person_once_that_ended(
    session: str,
    person: str,
    ended: bool,  # noqa: FBT001
    fits: bool,  # noqa: FBT001
) -> None:
    assert BEGUN.fits(session, person, ended=ended) is fits


def test_accounts_that_came_and_went_are_named() -> None:
    assert changed({"1": "城东店", "2": "城西店"}, {"2": "城西店（改名）", "3": "城南店"}) == (("城南店",), ("城东店",))
    assert changed({}, {}) == ((), ())


NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
DONE = Authorized(at=NOW, person="王店长", accounts=3, task="t-1")
RUN = Run(
    run_id="catch-up-2026-02-11-1",
    day=date(2026, 2, 11),
    days=DayRange(date(2026, 2, 11), date(2026, 2, 11)),
    accounts=(),
    started_at=NOW,
    deadline=NOW,
)
RUNNING, ENDED = Loading(RUN, RunState.RUNNING), Loading(RUN, RunState.SUCCESS)


@pytest.mark.parametrize(
    ("last", "runs", "after", "ended", "live", "words"),
    [
        (DONE, [], 1, False, True, SEARCHING),
        (DONE, [], 31, False, True, SILENT),
        (DONE, [], 1, True, False, NOTHING_OWED),
        (DONE, [RUNNING], 1, False, True, ""),
        (DONE, [RUNNING, ENDED], 900, True, True, ""),
        (DONE, [ENDED], 1, False, True, ""),  # more may begin
        (DONE, [ENDED], 601, False, False, ""),
        (DONE, [ENDED], 1, True, False, ""),
        (replace(DONE, task=None), [], 1, False, False, NOT_SENT),
        (replace(DONE, task=None, first=True), [], 1, False, False, ""),
    ],
)
def test_the_page_says_what_becomes_of_what_was_owed_and_ends_to_ask(  # noqa: PLR0917
    last: Authorized,
    runs: list[Loading],
    after: float,
    ended: bool,  # noqa: FBT001
    live: bool,  # noqa: FBT001
    words: str,
) -> None:
    found = following(last, runs, NOW + timedelta(seconds=after), ended=ended)
    assert (found.live, found.words, found.runs) == (live, words, runs)
