"""What changed is logged beside the table that holds its day, and shown together."""

from datetime import time, timedelta

from pipeline.core.table.revisions import Cause, Sought
from pipeline.steps.overview.changes import changes_page
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.lab import Lab

NAME = "广告日报 下一张"


def test_corrections_of_days_in_two_tables_are_on_one_page(lab: Lab) -> None:
    lab.sync()
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    first = lab.day + timedelta(days=1)
    announce(lab.context(), first, NAME, by_hand=True)
    lab.at(time(12, 5), days_later=1)
    ctx = lab.context()
    assert carry_out(ctx, begin_daily(ctx).run_id).state == "success"
    assert changes_page(ctx, Sought(), "", 1).rows == ()
    days = (first, first - timedelta(days=1))
    for day in days:
        (key, row), *_ = lab.source(day, day).items()
        place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
        lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "clue_pay_order_cnt": 987})
    assert lab.sync().state == "success"
    ctx = lab.context()
    page = changes_page(ctx, Sought(), "", 1)
    assert {row.revision.day for row in page.rows} == set(days)
    assert {row.revision.cause for row in page.rows} == {Cause.RESTATED}
    assert [[figure.new for figure in row.figures] for row in page.rows] == [["987"], ["987"]]
    assert all(row.head.written for row in page.rows)
    logs = [table_id for table_id in ctx.chain.ids if list(ctx.at_table(table_id).revisions.batches(ctx.now()))]
    assert len(logs) == len(days)
