"""The vital signs for the metrics, read from what real runs left."""

import json

import redis

from pipeline.core.outcome import DayState, RunState
from pipeline.core.overview.vitals import Vitals
from pipeline.core.run_kind import RunKind
from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.overview.signs import give_sign
from pipeline.steps.overview.vitals import Ends, vitals
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.further import further
from tests.lab import Lab

QUEUES = ("control", "fetch")


def signs(lab: Lab, ends: Ends | None = None) -> Vitals:
    """The vital signs now."""
    return vitals(lab.context(), QUEUES, {} if ends is None else ends)


def test_before_the_first_run_there_is_nothing_good_and_nobody_is_needed(lab: Lab) -> None:
    found = signs(lab)
    assert found.days.last_good is None
    assert found.days.counts[DayState.MISSING] == 7 * len(lab.accounts)
    assert (found.needs, found.last_runs, found.failed_in_a_row, found.workers) == ((), (), 0, 0)
    assert (found.beat_seen, found.worker_seen, found.queues) == (None, None, {"control": 0, "fetch": 0})


def test_after_a_morning_they_tell_what_it_loaded_and_how_long_each_phase_took(lab: Lab) -> None:
    ctx = lab.context()
    summary = carry_out(ctx, begin_daily(ctx).run_id)
    found = signs(lab)
    assert found.days.last_good == lab.day
    good = found.days.counts[DayState.LOADED] + found.days.counts[DayState.EMPTY]
    assert (good, found.days.counts[DayState.MISSING]) == (7 * len(lab.accounts), 0)
    ((run,), seconds) = found.last_runs, (summary.ended_at - summary.started_at).total_seconds()
    assert (run.kind, run.state) == (RunKind.DAILY, RunState.SUCCESS)
    assert run.phases.keys() >= {"fetch", "read", "load", "verify", "finish"}
    assert all(0 <= took <= seconds + 1 for took in run.phases.values())
    assert found.rows[0].rows == len(lab.records())
    assert found.calls_used > 0
    assert found.token is not None
    assert found.token.refresh > found.token.access > ctx.now()


def test_each_further_table_has_days_and_rows_of_its_own(lab: Lab) -> None:
    made = further(lab, "project", accounts=lab.accounts[:2])
    lab.extra["LAIKE_TABLES"] = json.dumps(
        [*json.loads(lab.extra["LAIKE_TABLES"]), {"name": "素材", "report": "material"}]
    )
    lab.sync()
    projects, materials = signs(lab).further
    assert (projects.table, projects.days.last_good) == (made["project"], lab.day)
    assert sum(projects.days.counts.values()) == 7 * 2
    assert [one.rows for one in projects.rows] == [len(lab.records(made["project"]))]
    assert (materials.table, materials.days.last_good) == ("素材", None)


def test_one_account_that_fails_spoils_the_day_until_it_is_loaded(lab: Lab) -> None:
    refused = lab.accounts[1]
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": refused})
    assert [lab.sync().state for _ in range(2)] == [RunState.PARTIAL] * 2
    found = signs(lab)
    assert (found.days.last_good, found.days.counts[DayState.FAILED]) == (None, 7)
    assert (found.failed_in_a_row, found.needs) == (2, ())
    lab.control("faults/clear", {})
    lab.sync()
    mended = signs(lab)
    assert (mended.days.last_good, mended.failed_in_a_row) == (lab.day, 0)


def test_a_person_is_needed_as_long_as_the_newest_run_says_so(lab: Lab) -> None:
    lab.fault("records.search", "code", code=1254302, times="always")
    assert lab.sync().needs_person
    assert signs(lab).needs == ("feishu_document",)
    lab.control("faults/clear", {})
    lab.sync()
    assert signs(lab).needs == ()


def test_a_person_is_needed_for_a_dead_token_and_for_a_stopped_table(lab: Lab) -> None:
    ctx = lab.context()
    ctx.visibility.learn_lost(VisibilityLost("no row is seen"))
    assert signs(lab).needs == ("loading_stopped",)
    ctx.visibility.learn_regained()
    client = redis.Redis.from_url(lab.redis_url)
    client.flushdb()
    (lab.home / "token").unlink()
    bare = vitals(lab.bare_context(), QUEUES, {})
    assert (bare.needs, bare.token) == (("needs_authorization",), None)


def test_what_is_known_of_ended_runs_is_not_read_again(lab: Lab) -> None:
    lab.sync()
    ends: Ends = {}
    first = signs(lab, ends)
    redis.Redis.from_url(lab.redis_url).delete(*(f"laike:v1:run:{run_id}" for run_id in ends))
    assert signs(lab, ends).last_runs == first.last_runs
    assert signs(lab).last_runs == ()


def test_a_worker_signs_with_the_calls_that_it_made_and_each_counts_once(lab: Lab) -> None:
    ctx = lab.context()
    lab.fault("report.promotion", "code", code=50000, call=1)
    carry_out(ctx, begin_daily(ctx).run_id)
    for _ in range(2):
        give_sign(ctx)
    found = signs(lab)
    assert found.calls["report/promotion"] == lab.calls("report.promotion")
    assert found.calls["records/search"] == lab.calls("records.search")
    assert found.retries == {"report/promotion": 1}
    assert (found.workers, found.worker_seen is not None) == (1, True)


def test_calls_that_redis_did_not_take_come_with_the_next_sign(lab: Lab) -> None:
    ctx = lab.context()
    ctx.tally.ask("/a/b")
    ctx.tally.call("/a/b")
    client = redis.Redis.from_url(lab.redis_url)
    client.set("laike:v1:vitals:calls", "of another type")
    try:
        give_sign(ctx)
    except redis.ResponseError:
        client.delete("laike:v1:vitals:calls")
    give_sign(ctx)
    assert signs(lab).calls == {"a/b": 1}
