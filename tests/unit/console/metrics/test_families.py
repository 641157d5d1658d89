"""What each vital sign becomes for Prometheus."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from prometheus_client.metrics_core import Metric

from console.metrics.families import families
from pipeline.core.outcome import DayState, RunState
from pipeline.core.overview.vitals import Days, FurtherTable, RunEnd, TableRows, TokenEnds, Vitals
from pipeline.core.run_kind import RunKind

NOON = datetime(2026, 3, 6, 4, tzinfo=UTC)
WELL = Vitals(
    table_id="tblA",
    accounts=3,
    days=Days({DayState.LOADED: 20, DayState.FAILED: 1}, date(2026, 3, 5)),
    rows=(TableRows("tblOld", 19_500, newest=False), TableRows("tblA", 800, newest=True)),
    rows_limit=20_000,
    successor=None,
    token=TokenEnds(NOON + timedelta(hours=20), NOON + timedelta(days=29)),
    needs=(),
    calls_used=600,
    calls_limit=10_000,
    queues={"fetch": 2},
    open_runs=1,
    failed_in_a_row=0,
    last_runs=(
        RunEnd(
            run_id="daily-2026-03-05", kind=RunKind.DAILY, state=RunState.SUCCESS, dry_run=False,
            started_at=NOON, ended_at=NOON + timedelta(seconds=4), accounts=frozenset({"1"}), needs={},
            phases={"fetch": 2.5},
        ),
    ),
    calls={"report/promotion": 7},
    retries={"report/promotion": 1},
    workers=2,
    worker_seen=NOON,
    beat_seen=NOON,
)  # fmt: skip


def samples(now: Vitals) -> dict[tuple[str, ...], float]:
    """(name, labels…) → value."""
    found: list[Metric] = list(families(now))
    told: list[Any] = [sample for metric in found for sample in metric.samples]
    return {(one.name, *one.labels.values()): one.value for one in told}


def test_the_last_good_day_is_told_by_the_midnight_in_shanghai_that_ended_it() -> None:
    ended = samples(WELL)["laike_last_good_day_end_timestamp_seconds", "tblA"]
    assert datetime.fromtimestamp(ended, UTC) == datetime(2026, 3, 5, 16, tzinfo=UTC)


def test_what_never_was_is_told_as_zero() -> None:
    found = samples(replace(WELL, days=Days({}, None), worker_seen=None, beat_seen=None))
    for name in (("laike_last_good_day_end_timestamp_seconds", "tblA"), ("laike_worker_seen_timestamp_seconds",)):
        assert found[name] == 0
    assert found["laike_beat_seen_timestamp_seconds",] == 0


def test_a_table_that_takes_new_days_is_told_from_one_that_only_takes_late_rows() -> None:
    found = samples(WELL)
    assert found["laike_table_rows", "tblA", "new_days"] == 800
    assert found["laike_table_rows", "tblOld", "late_rows"] == 19_500
    assert found["laike_table_rows_limit", "tblA", "new_days"] == 20_000


PROJECTS = FurtherTable(
    table="tblP", days=Days({DayState.MISSING: 2}, date(2026, 3, 3)), rows=(TableRows("tblP", 19_000, newest=True),)
)


def test_a_further_table_has_its_days_and_its_room_and_the_first_keeps_its_series() -> None:
    alone, found = samples(WELL), samples(replace(WELL, further=(PROJECTS,)))
    assert not any(name == "laike_table_coverage" for name, *_ in alone)
    assert {key: found[key] for key in alone} == alone
    ended = found["laike_last_good_day_end_timestamp_seconds", "tblP"]
    assert datetime.fromtimestamp(ended, UTC) == datetime(2026, 3, 3, 16, tzinfo=UTC)
    assert found["laike_table_coverage", "tblP", "missing"] == 2
    assert found["laike_table_coverage", "tblA", "loaded"] == 20
    assert found["laike_table_rows", "tblP", "new_days"] == 19_000


def test_a_table_that_nobody_knows_never_had_a_good_day() -> None:
    found = samples(replace(WELL, further=(FurtherTable(table="素材日报", days=Days({}, None)),)))
    assert found["laike_last_good_day_end_timestamp_seconds", "素材日报"] == 0


def test_the_successor_of_one_table_does_not_hide_that_another_is_nearly_full() -> None:
    key = ("laike_table_successor_announced",)
    told = replace(WELL, successor=date(2026, 4, 1))
    assert samples(replace(told, further=(replace(PROJECTS, rows=()),)))[key] == 1
    assert samples(replace(told, further=(PROJECTS,)))[key] == 0
    assert samples(replace(told, further=(replace(PROJECTS, successor=date(2026, 4, 1)),)))[key] == 1


def test_counters_are_counters_and_a_run_tells_its_length_and_its_phases() -> None:
    found = samples(WELL)
    assert found["laike_api_calls_total", "report/promotion"] == 7
    assert found["laike_api_retries_total", "report/promotion"] == 1
    assert found["laike_last_run_seconds", "daily"] == 4
    assert found["laike_last_run_phase_seconds", "daily", "fetch"] == 2.5
    assert found["laike_coverage", "failed"] == 1


def test_without_a_token_a_limit_or_a_need_there_is_no_series_of_it() -> None:
    names = {name for name, *_ in samples(replace(WELL, token=None, calls_limit=0))}
    assert {"laike_token_expiry_timestamp_seconds", "laike_feishu_calls_limit", "laike_person_needed"} & names == set()
    assert samples(replace(WELL, needs=("feishu_document",)))["laike_person_needed", "feishu_document"] == 1


def test_a_successor_is_told() -> None:
    assert samples(WELL)["laike_table_successor_announced",] == 0
    assert samples(replace(WELL, successor=date(2026, 4, 1)))["laike_table_successor_announced",] == 1
