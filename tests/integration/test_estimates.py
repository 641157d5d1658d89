"""What a backfill costs is foretold: measured against real ones, within a tenth."""

from collections import Counter
from datetime import timedelta

import pytest

from pipeline.core.outcome import RunState
from pipeline.steps.overview.estimate import estimate
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_backfill
from tests.further import ALL, further
from tests.lab import Lab


def sent(lab: Lab) -> Counter[str]:
    """Calls so far, by service."""
    counts = Counter[str]()
    for endpoint, count in lab.look("calls")["counts"].items():
        if not endpoint.startswith(("bot.", "oauth.")) and endpoint != "feishu.token":
            counts["reports" if endpoint.startswith("report.") else "feishu"] += count
    return counts


@pytest.mark.parametrize(
    ("days", "ends_before", "chosen"), [(45, 2, None), (12, 2, (0, 2, 5)), (10, 20, None)], ids=["all", "some", "older"]
)
def test_calls_and_rows_of_a_backfill_are_foretold_within_a_tenth(
    lab: Lab, days: int, ends_before: int, chosen: tuple[int, ...] | None
) -> None:
    lab.extra["LAIKE_OCEANENGINE_RATE"] = "100"
    lab.sync()  # the last week is known
    ctx, last = lab.context(), lab.day - timedelta(days=ends_before)
    span = last - timedelta(days=days - 1), last
    accounts = [lab.accounts[n] for n in chosen] if chosen else []
    told, _ = estimate(ctx, *span, accounts)
    before = sent(lab)
    summary = carry_out(ctx, begin_backfill(ctx, *span, accounts).run_id)
    spent = sent(lab) - before
    assert summary.state == RunState.SUCCESS
    assert told.reports == pytest.approx(spent["reports"], rel=0.1)
    assert told.feishu == pytest.approx(spent["feishu"], rel=0.1)
    assert told.rows == pytest.approx(sum(one.window_rows for one in summary.accounts), rel=0.1)
    assert told.new_rows == pytest.approx(summary.created, rel=0.1)


def test_calls_and_rows_of_all_tables_are_foretold_within_a_tenth(lab: Lab) -> None:
    lab.extra["LAIKE_OCEANENGINE_RATE"] = "100"
    further(lab, *ALL)
    lab.sync()
    ctx, last = lab.context(), lab.day - timedelta(days=2)
    span = last - timedelta(days=24), last
    told, _ = estimate(ctx, *span, [])
    before = sent(lab)
    summary = carry_out(ctx, begin_backfill(ctx, *span, []).run_id)
    spent = sent(lab) - before
    ends = (summary, *summary.further)
    assert (summary.state, told.tables, told.unknown) == (RunState.SUCCESS, 4, ())
    assert told.reports == pytest.approx(spent["reports"], rel=0.1)
    assert told.feishu == pytest.approx(spent["feishu"], rel=0.1)
    assert told.rows == pytest.approx(sum(one.window_rows for end in ends for one in end.accounts), rel=0.1)
    assert told.new_rows == pytest.approx(sum(end.created for end in ends), rel=0.1)
