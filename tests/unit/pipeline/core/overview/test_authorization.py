"""Whose answer is taken, and which accounts came and went."""

from datetime import UTC, datetime

import pytest

from pipeline.core.overview.authorization import Invitation, changed

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
