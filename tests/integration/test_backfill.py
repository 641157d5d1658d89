"""Many days by hand: in batches, with room for all of them, to be stopped and taken up again by the same command."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from pipeline.core.coverage.day import LastOutcome
from pipeline.core.model import AccountDay, Key
from pipeline.core.outcome import DayState, Run, RunState, Summary
from pipeline.core.runs.plan import parts, places
from pipeline.state import keys
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin_backfill
from pipeline.steps.runs.verify import verify
from tests.lab import WRITES, Lab
from tests.workers import SHORT, Workers, wait_until, workers

DAYS = 100  # four batches
LOADED = 1  # the one that an earlier attempt loaded; of the first one's days the source has no rows


@pytest.fixture
def working(lab: Lab) -> Iterator[Workers]:
    """One worker on a fresh lab, with short timeouts."""
    lab.extra |= SHORT | {"LAIKE_OCEANENGINE_RATE": "100"}
    with workers(lab) as made:
        made.worker()
        yield made


@pytest.fixture
def span(lab: Lab) -> tuple[date, date]:
    """Days that end before the look-back."""
    end = lab.day - timedelta(days=10)
    return end - timedelta(days=DAYS - 1), end


def words(lab: Lab, span: tuple[date, date]) -> list[str]:
    """The command for two small accounts."""
    first, last = (day.isoformat() for day in span)
    return ["backfill", first, last, "--account", lab.accounts[0], "--account", lab.accounts[5]]


@contextmanager
def nobody_writes(team: Workers) -> Iterator[None]:
    """Somebody else has the writer lock, however long a command takes to start: loads wait, and no run ends."""
    lock = keys.writer(team.ctx.app_token())
    team.ctx.client.set(lock, "somebody", px=120_000)
    yield
    team.ctx.client.delete(lock)


def loaded_batches(team: Workers, run_id: str) -> int:
    return sum(name.startswith("load.") for name in team.ctx.outcomes.done(run_id))


def fetched_batches(team: Workers) -> int:
    """The newest run's batches whose accounts are all fetched."""
    run_ids = team.ctx.ledger.newest(1)
    done = team.ctx.outcomes.done(run_ids[0]) if run_ids else set()
    cut = parts(team.ctx.ledger.run(run_ids[0])) if run_ids else ()
    return sum({f"fetch.{part.batch}.{account.id}" for account in part.accounts} <= done for part in cut)


def whole_batches(team: Workers, run_id: str) -> int:
    """Batches whose days are all loaded; a batch that was stopped half-way has others."""
    wanted = [places(part).keys() for part in parts(team.ctx.ledger.run(run_id))]
    return sum(team.ctx.coverage.at(days).keys() == days for days in wanted)


def test_it_says_how_far_it_is_and_how_long_it_will_take(working: Workers, span: tuple[date, date]) -> None:
    ended = working.run(sys.executable, "-m", "cli.main", *words(working.lab, span))
    assert ended.returncode == 0, ended.stderr
    assert "2 account(s), 100 day(s), 4 batch(es)" in ended.stderr
    assert "batch 1 of 4 is done, about 1 min left" in ended.stderr
    assert "batch 4 of 4 is done\n" in ended.stderr
    working.lab.assert_agrees(*span, [working.lab.accounts[0], working.lab.accounts[5]])


def test_its_second_batch_begins_when_half_of_the_first_is_there_and_does_not_wait_for_a_write(
    working: Workers, span: tuple[date, date]
) -> None:
    working.lab.control("latency", {"records.batch_create": 0.5})
    assert working.run(sys.executable, "-m", "cli.main", *words(working.lab, span)).returncode == 0
    (run_id,) = working.ctx.ledger.newest(9)
    happened = [(event["event"], event.get("batch")) for event in working.ctx.events.events(run_id)]
    second = happened.index(("fetching", "1"))
    assert sum(one in {("fetched", "0"), ("table_read", "0")} for one in happened[:second]) >= 2  # of three
    assert second < happened.index(("loaded", "0"))


@pytest.mark.parametrize("touched", [False, True])
def test_an_early_read_holds_while_other_days_are_written_and_not_when_its_own_may_be(
    lab: Lab, span: tuple[date, date], *, touched: bool
) -> None:
    ctx, chosen = lab.context(), [lab.accounts[0], lab.accounts[5]]
    run = begin_backfill(ctx, *span, chosen)
    for batch in (0, 2, 3):
        read_table(ctx, run.run_id, batch)
        for account_id in chosen:
            fetch_account(ctx, run.run_id, batch, account_id)
    assert load(ctx, run.run_id, 2).created
    if touched:
        ctx.writes.begin_writing(parts(run)[3].days)
    before = lab.calls("fields.list")
    assert load(ctx, run.run_id, 3).created
    assert lab.calls("fields.list") - before == touched


@pytest.mark.parametrize(("cap", "asked"), [(100_000, False), (300, True)])
def test_room_is_counted_at_the_source_only_where_it_may_lack(
    lab: Lab, span: tuple[date, date], cap: int, *, asked: bool
) -> None:
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = str(cap)
    ctx = lab.context()
    carry_out(ctx, begin_backfill(ctx, lab.day - timedelta(days=3), lab.day, lab.accounts).run_id)
    run = begin_backfill(ctx, *span, lab.accounts)
    before = lab.calls("report.promotion")
    read_table(ctx, run.run_id, 0)
    assert lab.calls("report.promotion") - before == asked * len(lab.accounts)


def test_stopped_it_ends_after_the_batches_under_way_and_the_same_command_loads_the_rest(
    working: Workers, span: tuple[date, date]
) -> None:
    lab = working.lab
    with nobody_writes(working):
        first = working.begin(sys.executable, "-m", "cli.main", *words(lab, span))
        assert wait_until(lambda: fetched_batches(working))
        stopped = lab.laike(*words(lab, span), "--stop")
    assert stopped.returncode == 0, stopped.stderr
    said, _ = first.communicate(timeout=60)
    assert first.returncode == 1
    assert "was stopped" in said
    (run_id,) = working.ctx.ledger.newest(9)
    before = whole_batches(working, run_id)
    assert 1 <= before < 4
    summary = working.ended(run_id)
    assert summary.trouble
    assert (summary.state, summary.trouble.reason) == (RunState.PARTIAL, "stopped")
    status = {record["fields"]["状态"] for record in lab.records(str(lab.table_named("同步状态")["table_id"]))}
    assert status <= {"已入库", "无数据"}
    again = working.run(sys.executable, "-m", "cli.main", *words(lab, span))
    assert again.returncode == 0, again.stderr
    assert f"{4 - before} batch(es), {before} batch(es) were loaded before" in again.stderr
    lab.assert_agrees(*span, [lab.accounts[0], lab.accounts[5]])


def test_nothing_to_stop_is_said(working: Workers, span: tuple[date, date]) -> None:
    stopped = working.lab.laike(*words(working.lab, span), "--stop")
    assert stopped.returncode == 2
    assert "no backfill of" in stopped.stderr


def test_the_same_command_joins_the_one_that_is_under_way(working: Workers, span: tuple[date, date]) -> None:
    lab = working.lab
    with nobody_writes(working):
        first = working.begin(sys.executable, "-m", "cli.main", *words(lab, span))
        assert wait_until(lambda: working.ctx.ledger.newest(9))
        second = working.begin(sys.executable, "-m", "cli.main", *words(lab, span))
        assert second.stderr
        assert any("2 account(s)" in line for line in second.stderr)  # which it says of the run that it follows
    for command in (first, second):
        command.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(working.ctx.ledger.newest(9)) == 1


def test_six_people_who_begin_it_at_once_begin_one_that_nobody_stops(lab: Lab, span: tuple[date, date]) -> None:
    lab.context()
    with ThreadPoolExecutor(6) as pool:
        begun = list(pool.map(lambda _: begin_backfill(lab.bare_context(), *span, []), range(6)))
    (run_id,) = {run.run_id for run in begun}
    ledger = lab.bare_context().ledger
    assert [one for one in ledger.newest(0) if one.startswith("backfill-")] == [run_id]
    assert ledger.given_up(run_id) is None


def test_one_that_was_begun_in_the_same_millisecond_is_joined(lab: Lab, span: tuple[date, date]) -> None:
    ctx = lab.context()
    now = ctx.now()
    ctx = replace(ctx, now=lambda: now)
    assert begin_backfill(ctx, *span, []).run_id == begin_backfill(ctx, *span, []).run_id


def test_one_that_was_a_success_is_loaded_anew_by_the_same_command(working: Workers, span: tuple[date, date]) -> None:
    for _ in range(2):
        assert working.run(sys.executable, "-m", "cli.main", *words(working.lab, span)).returncode == 0
    newest, before = working.ctx.ledger.newest(9)
    assert (loaded_batches(working, newest), loaded_batches(working, before)) == (4, 4)


@pytest.fixture
def interrupted(lab: Lab, span: tuple[date, date]) -> Run:
    """A backfill of which one batch was loaded, left by its workers hours ago."""
    ctx = lab.context()
    run = begin_backfill(ctx, *span, chosen(lab))
    for batch in (0, LOADED):  # the first one tells whether there is room for all
        read_table(ctx, run.run_id, batch)
    for account in run.accounts:
        fetch_account(ctx, run.run_id, LOADED, account.id)
    load(ctx, run.run_id, LOADED)
    verify(ctx, run.run_id, LOADED)
    assert begin_backfill(ctx, *span, chosen(lab)) == run
    ctx.client.delete(keys.alive(run.run_id))
    lab.at(time(14, 5))  # long after its deadline
    return run


def chosen(lab: Lab) -> list[str]:
    return [lab.accounts[0], lab.accounts[5]]


def again(lab: Lab, span: tuple[date, date]) -> tuple[Run, Summary, int]:
    """The same command once more: its plan, its end, and how many fetches it took."""
    ctx, before = lab.context(), lab.calls("report.account")
    run = begin_backfill(ctx, *span, chosen(lab))
    return run, carry_out(ctx, run.run_id), lab.calls("report.account") - before


def a_loaded_key(lab: Lab, run: Run) -> Key:
    """A row of the batch that was loaded."""
    return next(key for key in lab.loaded() if key.day in parts(run)[LOADED].days)


def test_what_workers_who_went_away_had_loaded_is_read_back_and_not_fetched_again(
    lab: Lab, span: tuple[date, date], interrupted: Run
) -> None:
    before = lab.calls("records.search")
    run, summary, fetches = again(lab, span)
    assert (run.run_id != interrupted.run_id, run.loaded_before, len(parts(run))) == (True, (LOADED,), 4)
    assert lab.context().ledger.given_up(interrupted.run_id)
    assert (summary.state, summary.verified, fetches) == (RunState.SUCCESS, True, 3 * 2)
    assert lab.calls("records.search") - before >= 1 + 3 * 2  # that batch once, the others before and after
    lab.assert_agrees(*span, chosen(lab))
    assert sum(account.window_rows for account in summary.accounts) == len(lab.loaded())


TOUCHES: dict[str, Callable[[Lab, Key], object]] = {
    "a row is deleted": lambda lab, key: lab.control("rows/delete", _place(lab, key)),
    "a figure is changed": lambda lab, key: lab.control(
        "rows/edit", {**_place(lab, key), "fields": {"团购线索数": 4711}, "by": "person"}
    ),
}


def _place(lab: Lab, key: Key) -> dict[str, str]:
    return {"table_id": lab.table_id, "unit_id": key.item_id, "day": key.day.isoformat()}


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_batch_that_is_not_as_it_was_left_is_loaded_again(
    lab: Lab, span: tuple[date, date], interrupted: Run, touch: str
) -> None:
    TOUCHES[touch](lab, a_loaded_key(lab, interrupted))
    _, summary, fetches = again(lab, span)
    assert (summary.state, summary.verified, fetches) == (RunState.SUCCESS, True, 4 * 2)
    lab.assert_agrees(*span, chosen(lab))


def test_what_was_loaded_25_days_ago_is_fetched_anew_since_the_source_may_have_moved(
    lab: Lab, span: tuple[date, date], interrupted: Run
) -> None:
    key = a_loaded_key(lab, interrupted)
    number = next(number for number in chosen(lab) if lab.facts["accounts"][number] == lab.loaded()[key][0]["账户名称"])
    place = {"account_id": number, "promotion_id": key.item_id, "day": key.day.isoformat()}
    lab.control("figures", {**place, "stat_cost": 777.25})
    lab.at(time(14, 5), days_later=25)
    run, summary, fetches = again(lab, span)
    assert (run.loaded_before, summary.state, summary.updated, fetches) == ((), RunState.SUCCESS, 1, 4 * 2)
    lab.assert_agrees(*span, chosen(lab))


def test_a_batch_with_a_day_that_was_found_wrong_since_is_loaded_again(
    lab: Lab, span: tuple[date, date], interrupted: Run
) -> None:
    ctx = lab.context()
    at = AccountDay(chosen(lab)[0], parts(interrupted)[LOADED].days.first)
    ctx.last_outcomes.learn({at: LastOutcome(state=DayState.INCOMPLETE, as_of=ctx.shared_now())}, ctx.shared_now())
    run, summary, _ = again(lab, span)
    assert (run.loaded_before, summary.state) == ((), RunState.SUCCESS)


def test_a_plan_of_an_older_version_that_leaves_batches_out_unread_is_no_success(
    lab: Lab, span: tuple[date, date]
) -> None:
    ctx = lab.context()
    planned = begin_backfill(ctx, *span, chosen(lab))
    old = replace(planned, run_id=f"{planned.run_id}-old", loaded=(0,))
    assert ctx.ledger.open(old)
    summary = carry_out(ctx, old.run_id)
    assert (summary.state, summary.verified) == (RunState.PARTIAL, False)
    assert all("重新补数" in one.trouble.what_to_do for one in summary.accounts if one.trouble)


@pytest.mark.usefixtures("interrupted")
def test_on_workers_a_batch_that_was_loaded_is_read_back_first(lab: Lab, span: tuple[date, date]) -> None:
    lab.extra |= SHORT | {"LAIKE_OCEANENGINE_RATE": "100"}
    before = lab.calls("report.account")
    with workers(lab) as team:  # at the later time
        team.worker()
        ended = team.run(sys.executable, "-m", "cli.main", *words(lab, span))
    assert ended.returncode == 0, ended.stderr
    assert "3 batch(es), 1 batch(es) were loaded before and are read back" in ended.stderr
    assert lab.calls("report.account") - before == 3 * 2
    lab.assert_agrees(*span, chosen(lab))


def test_it_is_cut_by_the_rows_of_the_accounts_fullest_days_lately_and_so_is_its_next_attempt(
    lab: Lab, span: tuple[date, date]
) -> None:
    ctx, newest = lab.context(), lab.day
    carry_out(ctx, begin_backfill(ctx, newest - timedelta(days=3), newest, lab.accounts).run_id)
    rows = Counter(
        (str(row["local_account_id"]), key.day) for key, row in lab.source(newest - timedelta(days=3), newest).items()
    )
    fullest = sum(max(rows[number, newest - timedelta(days=ago)] for ago in range(4)) for number in lab.accounts)
    first = begin_backfill(ctx, *span, lab.accounts)
    assert first.rows_a_day == fullest
    ctx.client.delete(keys.alive(first.run_id))
    lab.at(time(14, 5), days_later=8)  # nobody knows the last week any more
    again = begin_backfill(lab.context(), *span, lab.accounts)
    assert (again.run_id != first.run_id, again.rows_a_day) == (True, fullest)


def test_rows_that_do_not_all_fit_are_told_before_the_first_write(working: Workers, span: tuple[date, date]) -> None:
    lab = working.lab
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = "150"  # enough for the first batches
    with workers(lab) as other:
        working.members[0].kill()
        other.worker()
        ended = other.run(sys.executable, "-m", "cli.main", *words(lab, span))
    assert ended.returncode == 4, ended.stderr
    assert "do not fit: the table holds 1 of 150" in ended.stdout
    assert lab.calls(*WRITES) == lab.calls("tables.create", "views.create", "views.patch", "records.batch_create")
    assert lab.loaded() == {}
    assert lab.calls("report.promotion") <= 2 + 2 * 2 * 2  # the count, and two batches that were under way
