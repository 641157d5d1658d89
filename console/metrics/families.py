"""The vital signs as metrics: what each means, its name and its unit.

What comes to an end or was last seen is a time, so that its age is right however seldom it is asked for; a time of 0
means never.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from datetime import time as clock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from pipeline.core.model import CHINA
from pipeline.core.overview.vitals import Days, RunEnd, Vitals

NEVER = 0.0
NEARLY_FULL = 0.9  # as the rule for alerts has it


def families(now: Vitals) -> Iterator[Metric]:
    """All metrics of the product."""
    yield from _of_days(now)
    yield from _of_limits(now)
    yield from _of_people(now)
    yield from _of_runs(now)
    yield from _of_calls(now)
    yield from _of_processes(now)


def state_of(*, redis: bool, settings: bool) -> Iterator[Metric]:
    """What is told even while nothing else can be read."""
    yield _gauge("laike_redis_up", "Whether Redis answers.", float(redis))
    yield _gauge("laike_settings_complete", "Whether all settings are there and in order.", float(settings))


def persons(reasons: Iterable[str]) -> Metric:
    """Why nothing gets better until a person acts."""
    words = "Why nothing gets better until a person acts; no series: nobody is needed."
    return _by("laike_person_needed", words, "reason", dict.fromkeys(reasons, 1.0))


def _of_days(now: Vitals) -> Iterator[Metric]:
    words = "When the last day ended (midnight in Shanghai) that is loaded for every account; 0: none of the last days."
    tables = {now.table_id: now.days, **{one.table: one.days for one in now.further}}
    ended = {table: _at(_end_of(days.last_good)) for table, days in tables.items()}
    yield _by("laike_last_good_day_end_timestamp_seconds", words, "table", ended)
    yield _gauge("laike_accounts", "Accounts that are synchronized.", now.accounts)
    counts = {str(state): float(count) for state, count in now.days.counts.items()}
    yield _by("laike_coverage", "Days of accounts within the days that are caught up, by state.", "state", counts)
    if now.further:
        yield _coverage_of(tables)


def _coverage_of(tables: Mapping[str, Days]) -> Metric:
    words = "The same in each table, where there are further ones."
    made = GaugeMetricFamily("laike_table_coverage", words, labels=["table", "state"])
    for table, days in tables.items():
        for state, count in days.counts.items():
            made.add_metric([table, str(state)], count)
    return made


def _end_of(day: date | None) -> datetime | None:
    """The midnight in Shanghai that ends a day."""
    return datetime.combine(day + timedelta(days=1), clock.min, CHINA) if day else None


def _of_limits(now: Vitals) -> Iterator[Metric]:
    rows = GaugeMetricFamily("laike_table_rows", "Rows of a table as last counted.", labels=["table", "takes"])
    limit = GaugeMetricFamily("laike_table_rows_limit", "Rows that fit into a table.", labels=["table", "takes"])
    for one in [*now.rows, *(rows for table in now.further for rows in table.rows)]:
        labels = [one.table_id, "new_days" if one.newest else "late_rows"]
        rows.add_metric(labels, one.rows)
        limit.add_metric(labels, now.rows_limit)
    yield rows
    yield limit
    words = "Whether a new table follows before this one, or each one that is nearly full, is full."
    yield _gauge("laike_table_successor_announced", words, _followed(now))
    yield _gauge("laike_feishu_calls", "Calls to Feishu in this calendar month (Shanghai).", now.calls_used)
    if now.calls_limit:
        yield _gauge("laike_feishu_calls_limit", "Calls to Feishu that a month allows.", now.calls_limit)


def _followed(now: Vitals) -> bool:
    """Whether each table that is nearly full has a successor; without such a table, whether the first has one."""
    tables = [(now.rows, now.successor), *((one.rows, one.successor) for one in now.further)]
    most = NEARLY_FULL * now.rows_limit
    nearly = [successor for rows, successor in tables if any(one.newest and one.rows > most for one in rows)]
    return all(nearly) if nearly else bool(now.successor)


def _of_people(now: Vitals) -> Iterator[Metric]:
    if now.token:
        ends = {"access": _at(now.token.access), "refresh": _at(now.token.refresh)}
        yield _by("laike_token_expiry_timestamp_seconds", "When a token of Ocean Engine ends.", "token", ends)
    yield persons(now.needs)


def _of_runs(now: Vitals) -> Iterator[Metric]:
    yield _gauge("laike_open_runs", "Runs that have begun and not ended.", now.open_runs)
    yield _gauge(
        "laike_runs_without_success", "The newest runs without a success among them, at most 5.", now.failed_in_a_row
    )
    ended = {str(run.kind): _at(run.ended_at) for run in now.last_runs}
    yield _by("laike_last_run_end_timestamp_seconds", "When the last run of a kind ended.", "kind", ended)
    took = {str(run.kind): (run.ended_at - run.started_at).total_seconds() for run in now.last_runs}
    yield _by("laike_last_run_seconds", "How long the last run of a kind took.", "kind", took)
    yield _phases(now.last_runs)


def _phases(runs: tuple[RunEnd, ...]) -> Metric:
    made = GaugeMetricFamily(
        "laike_last_run_phase_seconds",
        "How long each phase of that run took; phases overlap.",
        labels=["kind", "phase"],
    )
    for run in runs:
        for phase, seconds in run.phases.items():
            made.add_metric([str(run.kind), phase], seconds)
    return made


def _of_calls(now: Vitals) -> Iterator[Metric]:
    for name, words, counts in (
        ("laike_api_calls", "Calls of the workers to Ocean Engine and Feishu.", now.calls),
        ("laike_api_retries", "Those of them that repeated another call.", now.retries),
    ):
        made = CounterMetricFamily(name, words, labels=["endpoint"])
        for endpoint, count in sorted(counts.items()):
            made.add_metric([endpoint], count)
        yield made


def _of_processes(now: Vitals) -> Iterator[Metric]:
    queues = {name: float(count) for name, count in now.queues.items()}
    yield _by("laike_queue_messages", "Messages that wait for a worker.", "queue", queues)
    yield _gauge("laike_workers", "Workers that looked around within the last minute.", now.workers)
    for who, seen in (("worker", now.worker_seen), ("beat", now.beat_seen)):
        yield _gauge(f"laike_{who}_seen_timestamp_seconds", f"The last sign of life of {who}.", _at(seen))


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    made = GaugeMetricFamily(name, words, labels=[label])
    for value, figure in values.items():
        made.add_metric([value], figure)
    return made


def _at(moment: datetime | None) -> float:
    return moment.timestamp() if moment else NEVER
