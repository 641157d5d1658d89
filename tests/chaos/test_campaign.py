"""The campaign: one fault at a time, at every endpoint that a daily run calls, once and for ever.

Whatever it is, no row is lost or doubled, a success is one, what is short is named with a cure, people's cells stay,
and one catch-up after it makes the day whole. A fault that passes by itself and happens once is not even noticed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from emulator.world.routes import ENDPOINTS
from pipeline.clients.feishu import codes as feishu
from pipeline.clients.http import Answer
from pipeline.clients.oceanengine import api as oceanengine
from tests.chaos.campaign.cases import OFF_PATH, REPORTS, TABLES, Case, Morning, all_cases
from tests.chaos.campaign.matrix import PROPERTY, told
from tests.chaos.campaign.play import play
from tests.chaos.campaign.rig import Rig, daily
from tests.inprocess import quiet

CASES = list(all_cases())
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def rig(emulator_session: EmulatorServer, redis_session: str) -> Iterator[Rig]:
    """One emulator and one Redis for all cases of this process; of the log the warnings are enough."""
    with quiet(logging.WARNING):
        yield Rig(emulator_session, redis_session)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_one_fault_loses_nothing_doubles_nothing_and_is_told(
    case: Case, rig: Rig, tmp_path: Path, record_property: Record
) -> None:
    found = play(case, rig.lab(case.table, case.morning, tmp_path, case.further))
    record_property(PROPERTY, told(case.endpoint, case.fault.name, found))
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("table", TABLES)
def test_every_endpoint_that_a_daily_run_calls_is_in_the_campaign(rig: Rig, table: str, tmp_path: Path) -> None:
    called: set[str] = set()
    for morning, report in product(Morning, REPORTS):
        lab = rig.lab(table, morning, tmp_path, report)
        assert daily(lab.bare_context()).success
        called |= lab.look("calls")["counts"].keys()
    late_twins = {"records.batch_delete"}  # whose cases begin with one
    assert called | late_twins == {case.endpoint for case in CASES} == ENDPOINTS - OFF_PATH.keys()


def test_each_endpoint_has_at_least_twelve_cases_and_no_two_are_the_same() -> None:
    assert min(Counter(case.endpoint for case in CASES).values()) >= 12
    assert len({case.id for case in CASES}) == len(CASES)
    assert 300 <= len(CASES) <= 700


def test_every_class_of_errors_of_both_services_has_a_representative() -> None:
    codes = {case.fault.details["code"] for case in CASES if case.fault.kind == "code"}
    for api in (feishu, oceanengine):
        raised = {type(api.error_of("path", Answer(200, {}, {"code": code}))) for code in codes}
        assert set(api.ERRORS.values()) <= raised
