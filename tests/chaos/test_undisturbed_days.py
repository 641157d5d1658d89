"""Where nothing goes wrong nothing is called wrong: fifty seeded days with restatements are fifty successes."""

import logging
from collections.abc import Iterator

import pytest

from emulator.world.world import DEFAULT_SEED
from tests.chaos.campaign.rig import SEVEN, daily
from tests.inprocess import quiet
from tests.lab import Lab

DAYS = 10
SMALL = (0, 2, 4, 5)  # places of seeded accounts with few promotions, one of them without figures on most days


@pytest.fixture(params=range(1, 6), ids=lambda seed: f"seed {seed}")
def seeded(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Lab]:
    """A lab whose figures are those of another seed."""
    world = lab.server.world
    world.seed = request.param
    world.reset()
    lab.table = ("typed_table_id", "text_table_id")[request.param % 2]
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "3"
    for place, account_id in enumerate(lab.accounts):
        if place not in SMALL:
            lab.control("accounts/remove", {"account_id": account_id})
    with quiet(logging.WARNING):
        yield lab
    world.seed = DEFAULT_SEED


def test_days_without_a_fault_are_successes(seeded: Lab) -> None:
    restated = 0
    for day in range(DAYS):
        seeded.at(SEVEN, days_later=day)
        seeded.control("settings", {"restating": True})
        ended = daily(seeded.context())
        assert ended.success, ended
        assert ended.summary
        restated += len(ended.summary.restatements)
        seeded.assert_agrees(ended.summary.days.first, ended.summary.days.last)
    assert restated
