"""Whatever a service says of waiting, the wait is finite: a run that is throttled once ends in success."""

import pytest

from pipeline.core.outcome import RunState
from tests.lab import Lab

NONSENSE = ["1771000000", "inf", "nan", "-5"]


@pytest.mark.parametrize("said", NONSENSE)
def test_a_service_that_asks_for_nonsense_is_asked_again_soon(lab: Lab, said: str) -> None:
    lab.extra["LAIKE_WAIT_SCALE"] = "0.001"  # a thousandth of 56 years is three weeks
    header = {"x-ogw-ratelimit-reset": said}
    lab.fault("report.promotion", "code", code=40110, headers=header, times=2)
    lab.fault("records.search", "code", code=99991400, status=429, headers=header, times=2)
    lab.fault("records.batch_create", "code", code=99991400, status=429, headers=header, times=1)
    assert lab.sync().state == RunState.SUCCESS
    lab.assert_agrees()
