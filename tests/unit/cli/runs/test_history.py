"""`laike runs` and `laike show RUN`: which runs are meant, and what is told of each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.runs import history
from cli.runs.history import READ_AT_ONCE, runs, show
from cli.terminal import output
from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import DayRange
from pipeline.core.outcome import RunState
from pipeline.core.runs.plan import yesterday
from pipeline.state import keys, unread
from tests.unit.pipeline.steps.overview.ledgers import SHOPS, context, ran


@pytest.fixture
def ctx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """An empty ledger, which the commands open."""
    made = context(tmp_path)

    @contextmanager
    def looked() -> Iterator[Context]:
        with unread.looking():
            yield made

    monkeypatch.setattr(history, "looked", looked)
    return made


def listed(capsys: pytest.CaptureFixture[str], count: int = 10, **options: Any) -> list[str]:  # noqa: ANN401 the command's own
    """Ids of what is listed."""
    usual = {"failed": False, "day": None, "account": None}
    assert runs(count, **(usual | options), as_json=True) == output.DONE
    return [one["run_id"] for one in json.loads(capsys.readouterr().out)]


def shown(capsys: pytest.CaptureFixture[str], named: str) -> str:
    show(named, wait=False, as_json=True)
    return str(json.loads(capsys.readouterr().out)["run_id"])


def test_a_list_tells_when_how_long_what_kind_and_of_how_many_accounts(
    ctx: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(ctx, "daily-2026-02-11-0212070000123", RunState.PARTIAL, dry_run=True)
    runs(10, failed=False, day=None, account=None, as_json=False)
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:6] == ["run_id", "state", "kind", "started", "took", "accounts"]
    when = history._minute(ctx.now() - timedelta(hours=1))
    assert f"partial  manual, dry run  {when}  1 min 30 s  1/2" in line


def test_a_list_in_a_pipe_has_every_column_whole(ctx: Context, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = "backfill-2026-02-01-2026-02-10-0212070000123"
    ran(ctx, run_id)
    runs(10, failed=False, day=None, account=None, as_json=False)
    head, line = capsys.readouterr().out.splitlines()
    assert line.split()[0] == run_id
    assert head.split()[-1] == "verified"
    assert "…" not in line


def test_documents_gain_what_kind_when_and_how_long(ctx: Context, capsys: pytest.CaptureFixture[str]) -> None:
    ran(ctx, "settle-2026-02-11")
    ran(ctx, "daily-2026-02-12", None, ago_h=0)
    runs(10, failed=False, day=None, account=None, as_json=True)
    open_, done = json.loads(capsys.readouterr().out)
    assert (done["kind"], done["seconds"], done["dry_run"]) == ("settle", 90.0, False)
    assert done["started"] == (ctx.ledger.run("settle-2026-02-11").started_at).isoformat()
    assert (open_["kind"], open_["state"], open_["seconds"], open_["dry_run"]) == ("daily", "running", None, False)


def test_runs_are_filtered_by_end_day_and_account(ctx: Context, capsys: pytest.CaptureFixture[str]) -> None:
    ran(ctx, "a", RunState.SUCCESS, 5)
    ran(ctx, "b", RunState.PARTIAL, 4, accounts=SHOPS[:1])
    ran(ctx, "c", RunState.FAILED, 3, day=date(2026, 1, 5), days=DayRange(date(2026, 1, 1), date(2026, 1, 5)))
    ran(ctx, "d", RunState.INTERRUPTED, 2)
    ran(ctx, "e", None, 1)
    assert listed(capsys) == ["e", "d", "c", "b", "a"]
    assert listed(capsys, failed=True) == ["d", "c", "b"]
    assert listed(capsys, day="2026-01-03") == ["c"]
    assert listed(capsys, account=SHOPS[1].id) == ["e", "d", "c", "a"]
    assert listed(capsys, account="城西店", failed=True) == ["d", "c"]
    assert listed(capsys, count=1, failed=True) == ["d"]
    with pytest.raises(WrongInput, match="is not a day"):
        listed(capsys, day="monday")


def test_as_much_of_the_ledger_is_read_as_it_takes_to_find_what_matches(
    ctx: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(ctx, "old", RunState.FAILED, 2 * READ_AT_ONCE + 9)
    for n in range(2 * READ_AT_ONCE + 5):
        ran(ctx, f"run-{n}", RunState.SUCCESS, n)
    assert listed(capsys, failed=True) == ["old"]
    assert shown(capsys, "last-failed") == "old"


def test_a_run_that_nobody_can_read_is_named_and_the_others_are_as_many_as_asked_for(
    ctx: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(3):
        ran(ctx, f"run-{n}", ago_h=n)
    ctx.client.hset(keys.run("run-0"), "plan", "torn")
    runs(2, failed=False, day=None, account=None, as_json=True)
    said = capsys.readouterr()
    assert [one["run_id"] for one in json.loads(said.out)] == ["run-1", "run-2"]
    assert "run-0" in said.err


@pytest.mark.usefixtures("ctx")
def test_nothing_that_matches_is_said_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    for failed, said in ((False, "there was no run yet"), (True, "no run matches")):
        assert runs(10, failed=failed, day=None, account=None, as_json=False) == output.DONE
        assert said in capsys.readouterr().err


def test_a_run_is_meant_by_its_id_a_beginning_or_what_it_was(ctx: Context, capsys: pytest.CaptureFixture[str]) -> None:
    ran(ctx, "daily-2026-02-10", RunState.PARTIAL, 9)
    ran(ctx, "daily-2026-02-11", RunState.SUCCESS, 5)
    ran(ctx, "daily-2026-02-11-0212070000123", RunState.SUCCESS, 4)
    ran(ctx, "settle-2026-02-11", RunState.SUCCESS, 3)
    assert shown(capsys, "daily-2026-02-11") == "daily-2026-02-11"  # although another begins with it
    assert shown(capsys, "daily-2026-02-11-") == "daily-2026-02-11-0212070000123"
    assert shown(capsys, "s") == "settle-2026-02-11"
    assert shown(capsys, "last") == "settle-2026-02-11"
    assert shown(capsys, "last-failed") == "daily-2026-02-10"


def test_a_beginning_of_several_is_refused_with_their_names(ctx: Context) -> None:
    for n in range(12):
        ran(ctx, f"daily-2026-02-{n + 10}", ago_h=n)
    with pytest.raises(WrongInput, match=r"12 runs begin with 'daily': daily-2026-02-10, .* and 2 more"):
        show("daily", wait=False, as_json=True)


@pytest.mark.parametrize(
    ("named", "said"), [("x", "there is no run x"), ("last", "no run yet"), ("last-failed", "fail")]
)
def test_a_run_that_is_not_there_is_wrong_usage(ctx: Context, named: str, said: str) -> None:
    assert ctx.ledger.newest(0) == []
    with pytest.raises(WrongInput, match=said):
        show(named, wait=False, as_json=True)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")]
)
def test_a_length_is_told_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert history._length(seconds) == said


def test_one_day_is_told_in_one_column(ctx: Context, capsys: pytest.CaptureFixture[str]) -> None:
    ran(ctx, "daily-2026-02-11")
    ran(ctx, "long", days=DayRange(yesterday(ctx.now()) - timedelta(days=6), yesterday(ctx.now())))
    show("daily-2026-02-11", wait=False, as_json=False)
    assert "rows read  元 read\n" in capsys.readouterr().out.replace(" \n", "\n")
    show("long", wait=False, as_json=False)
    assert "rows read in 7 days" in capsys.readouterr().out
