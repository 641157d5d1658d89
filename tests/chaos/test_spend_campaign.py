"""The campaign's faults at the project report, which is asked about accounts that spend more than their promotions.

An account that spends in 全域推广 is in no other case of the campaign: each would be longer by a call.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from pipeline.core.accounts.spend import Noted
from pipeline.core.model import china_day
from pipeline.core.outcome import DayState, RunState
from tests.chaos.campaign.cases import TABLES, Case, Morning, cases_of
from tests.chaos.campaign.faults import BY_NAME, TOO_SLOW
from tests.chaos.campaign.play import play
from tests.chaos.campaign.rig import Rig, daily
from tests.inprocess import quiet
from tests.lab import Lab

PROJECTS = "report.project"
CASES = list(cases_of(BY_NAME[PROJECTS]))
FOR_EVER = [case for case in CASES if case.ever and case.fault.kind not in TOO_SLOW]  # nobody waits that long for ever


def spend_outside(lab: Lab) -> None:
    """The first account spends more than its promotions, as it did a week ago."""
    first = lab.accounts[0]
    lab.control("settings", {"roi2": "account"})
    lab.control("roi2", {"account_id": first, "stat_cost": "321.50"})
    ctx, ago = lab.bare_context(), lab.day - timedelta(days=7)
    usual = Noted(amount=Decimal("321.50"), accepted=True)
    ctx.spend.learn(first, china_day(ctx.now()), noted={ago: usual}, balanced=[], readings={})


@pytest.fixture(scope="module")
def rig(emulator_session: EmulatorServer, redis_session: str) -> Iterator[Rig]:
    """One emulator and one Redis for all cases of this process; of the log the warnings are enough."""
    with quiet(logging.WARNING):
        yield Rig(emulator_session, redis_session, spend_outside)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_one_fault_of_the_second_witness_loses_nothing_doubles_nothing_and_is_told(
    case: Case, rig: Rig, tmp_path: Path
) -> None:
    found = play(case, rig.lab(case.table, case.morning, tmp_path))
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("case", FOR_EVER, ids=lambda case: case.id)
def test_without_a_second_witness_the_days_are_incomplete_and_their_rows_are_in_the_table(
    case: Case, rig: Rig, tmp_path: Path
) -> None:
    lab = rig.lab(case.table, case.morning, tmp_path)
    lab.fault(PROJECTS, case.fault.kind, times="always", **case.details)
    summary = daily(lab.bare_context()).summary
    assert summary
    assert summary.state == RunState.PARTIAL
    states = {one.id: one.state for one in summary.accounts}
    assert states.pop(lab.accounts[0]) == DayState.INCOMPLETE
    assert set(states.values()) == {DayState.LOADED}
    lab.assert_agrees(lab.day, lab.day)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("morning", Morning)
def test_without_a_fault_the_account_is_whole_and_the_witness_is_asked_once(
    rig: Rig, table: str, morning: Morning, tmp_path: Path
) -> None:
    lab = rig.lab(table, morning, tmp_path)
    ended = daily(lab.bare_context())
    assert ended.success
    assert ended.summary
    assert [one.outside for one in ended.summary.accounts if one.outside] == [Decimal("321.50")]
    assert lab.calls(PROJECTS) == 1
