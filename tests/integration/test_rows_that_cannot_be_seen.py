"""Success with an empty list is no empty table: loading stops, is told once, and goes on when doctor sees the rows."""

from datetime import time

from pipeline.core.outcome import RunState, Summary
from pipeline.state import keys
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, begin_settle
from tests.lab import Lab


def catch_up(lab: Lab) -> Summary | None:
    """What beat begins each hour."""
    ctx = lab.context()
    begun = begin_catch_up(ctx)
    return carry_out(ctx, begun[0].run_id) if begun else None


def failures_told(lab: Lab) -> int:
    """Cards about a run that failed."""
    return sum("同步失败" in str(message) for message in lab.look("state")["messages"])


def test_a_day_without_the_permission_creates_nothing_is_told_once_and_ends_with_doctor(either: Lab) -> None:
    either.at(time(7), days_later=-1)
    either.sync()
    rows = len(either.records())
    either.control("settings", {"lost_permission": either.table_id})
    either.at(time(7))
    ctx = either.context()
    assert carry_out(ctx, begin_daily(ctx).run_id).state == RunState.FAILED
    before = either.look("calls")["quota"]
    for hour in range(8, 24):
        either.at(time(hour, 20))
        assert catch_up(either) is None
    assert either.look("calls")["quota"] == before
    either.at(time(10, 35))
    assert carry_out(ctx, begin_settle(either.context()).run_id).state == RunState.FAILED
    assert (len(either.records()), failures_told(either)) == (rows, 1)
    assert "「可管理」" in either.laike("doctor").stdout
    either.at(time(13, 20))
    assert catch_up(either) is None
    either.control("settings", {"lost_permission": None})
    assert "loading, which was stopped, goes on" in either.laike("doctor").stdout
    healed = catch_up(either)
    assert healed
    assert (healed.state, healed.created > 0) == (RunState.SUCCESS, True)
    either.assert_agrees()


def test_rows_that_were_just_created_and_do_not_read_back_stop_the_loading(lab: Lab) -> None:
    lab.control("settings", {"lost_permission": lab.table_id})
    summary = lab.sync(lab.day)
    assert summary.trouble
    assert (summary.state, summary.trouble.reason) == (RunState.FAILED, "table_unseen")
    rows = len(lab.records())
    assert lab.sync(lab.day).created == 0
    assert len(lab.records()) == rows
    lab.control("settings", {"lost_permission": None})
    lab.laike("doctor")
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert len(lab.records()) == rows


def test_a_person_who_emptied_the_table_lets_it_be_filled_again(lab: Lab) -> None:
    lab.sync(lab.day)
    lab.control("rows/delete", {"table_id": lab.table_id, "all": True})
    assert lab.sync(lab.day).state == RunState.FAILED
    unblocked = lab.laike("doctor", "--unblock")
    assert "loading resumes" in unblocked.stderr
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()


def test_also_where_redis_was_emptied_and_the_status_table_tells_of_the_old_rows(lab: Lab) -> None:
    lab.sync(lab.day)
    lab.control("rows/delete", {"table_id": lab.table_id, "all": True})
    lab.context().client.delete(
        keys.seen(lab.table_id), *(keys.coverage(lab.table_id, number) for number in lab.accounts)
    )
    assert lab.sync(lab.day).state == RunState.FAILED
    lab.laike("doctor", "--unblock")
    assert lab.sync(lab.day).state == RunState.SUCCESS


def test_a_new_table_is_filled_although_days_were_loaded_into_the_old_one(lab: Lab) -> None:
    lab.sync(lab.day)
    lab.table = "text_table_id"
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()


def test_one_day_that_a_person_deleted_comes_back_and_is_told_once(either: Lab) -> None:
    either.sync()
    theirs = [record for record in either.records() if record["fields"].get("备注")]
    keep = {record["record_id"] for record in theirs}
    day = either.day
    gone = [key for key in either.loaded() if key.day == day]
    ids = [record["record_id"] for record in either.records() if record["record_id"] not in keep]
    ours = [one for one, key in zip(ids, either.loaded(), strict=False) if key.day == day]
    either.control("rows/delete", {"table_id": either.table_id, "record_ids": ours})
    summary = either.sync()
    assert (summary.state, summary.created) == (RunState.SUCCESS, len(gone))
    assert summary.warnings == (f"{len(gone)} 行曾被人工删除，已重新写入",)
    assert either.sync().warnings == ()
    either.assert_agrees()
