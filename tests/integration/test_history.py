"""The history that bench and pictures are made on reads like one that runs left."""

import redis

from lab.history import History
from pipeline.core.model import DayRange
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import scheduled_id, window, yesterday
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.overview.vitals import vitals
from tests.lab import Lab


def test_a_history_has_its_days_its_runs_and_their_events(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = "{}"
    ctx, history = lab.context(), History(accounts=6, days=60, runs=150, one_bad_in=20)
    history.seed(ctx)
    days = window(ctx.now(), 60)
    grid = coverage(ctx, days)
    assert [one.account for one in grid] == list(history.shops())
    assert all(len(one.days) == 60 for one in grid)
    assert 5 < sum(len(one.lacking) for one in grid) < 50
    assert len(ctx.ledger.newest(0)) == 150
    daily = scheduled_id(RunKind.DAILY, yesterday(ctx.now()))
    assert [event["event"] for event in ctx.events.events(daily)][-1] == "finished"
    assert vitals(ctx, (), {}).last_runs[0].phases["fetch"] > 0


def test_it_is_the_same_each_time(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = "{}"
    ctx, seen = lab.context(), []
    for _ in range(2):
        redis.Redis.from_url(lab.redis_url).flushdb()
        History(accounts=2, days=10, runs=30).seed(ctx)
        newest = yesterday(ctx.now())
        seen.append([(one.account, dict(one.days)) for one in coverage(ctx, DayRange(newest, newest))])
    assert seen[0] == seen[1]
