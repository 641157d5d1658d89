"""What the set-up page reads and does, in this process: also where a file cannot be written."""

import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.outcome import RunState
from pipeline.core.overview.setup.model import TablePlan
from pipeline.core.overview.setup.steps import setup_of
from pipeline.settings import Settings
from pipeline.state import envfile
from pipeline.steps.doctor.surroundings import Workers
from pipeline.steps.overview.setup.here import Here, facts_of, here
from pipeline.steps.overview.setup.table import make_table, plan_table
from pipeline.steps.overview.setup.trial import tried
from tests.lab import Lab

NOBODY = Workers(lambda: False, dict)


def states(ctx: Context) -> dict[str, str]:
    """The state of each step, with all settings there."""
    return {one.name: str(one.state) for one in setup_of(facts_of(Here(ctx, ()))).steps}


@pytest.fixture
def begun(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab whose settings are those of this process, with a `.env` beside it; no table is ours."""
    for name, value in {**lab.environment(), "LAIKE_BITABLE_TABLE_ID": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(lab.home)
    (lab.home / ".env").write_text("# ours\n", encoding="utf-8")
    lab.server.world.feishu.base.tables[lab.table_id].name = "别的表"
    return lab


def at_hand() -> Here:
    """What there is, with stand-ins for what is not set."""
    return here(lambda: build(Settings.load()))


def test_a_table_whose_id_cannot_be_written_is_made_once_and_told(begun: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(envfile, "replacing", read_only)
    first = at_hand()
    assert first.ctx
    assert not first.complete
    made = make_table(first.ctx)
    assert made == TablePlan(to_set=begun.table_named("广告日报")["table_id"])
    assert make_table(first.ctx) == made
    assert [table["name"] for table in begun.look("state")["tables"]].count("广告日报") == 1


def test_two_presses_at_once_make_one_table(begun: Lab) -> None:
    both = [at_hand().ctx for _ in range(2)]
    begun.control("latency", {"tables.create": 0.3, "tables.list": 0.1})
    with ThreadPoolExecutor() as pool:
        list(pool.map(make_table, filter(None, both)))
    assert [table["name"] for table in begun.look("state")["tables"]].count("广告日报") == 1


@pytest.mark.usefixtures("begun")
def test_what_was_made_is_done_as_soon_as_its_id_is_set() -> None:
    first = at_hand()
    assert first.ctx
    assert make_table(first.ctx) == TablePlan()
    now = at_hand()
    assert now.complete
    assert now.ctx
    assert states(now.ctx)["table"] == "done"
    assert plan_table(now.ctx) == TablePlan()


def test_a_day_without_a_token_waits_for_the_authorization_and_one_with_a_success_is_done(lab: Lab) -> None:
    bare = lab.bare_context()
    assert states(bare)["authorize"] == "open"
    assert states(bare)["first_run"] == "waits"
    ctx = lab.context()
    assert states(ctx)["authorize"] == "done"
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert set(states(ctx).values()) == {"done"}


def test_a_dry_run_is_no_first_success(lab: Lab) -> None:
    lab.sync(lab.day, dry_run=True)
    assert states(lab.context())["first_run"] == "waits"  # nobody has looked at the table yet


def test_a_run_that_failed_says_what_to_do(lab: Lab) -> None:
    lab.control("permissions", {"denied": ["fields.list"]})
    assert lab.sync(lab.day).state == RunState.FAILED
    facts = facts_of(Here(lab.context(), ()))
    assert facts.last
    assert (facts.last.state, "权限" in facts.last.why) == (RunState.FAILED, True)


def test_a_dead_token_and_a_token_of_another_key_are_told_apart_from_none(lab: Lab) -> None:
    ctx = lab.context()
    pair = ctx.tokens.pair()
    ctx.tokens.store(replace(pair, refresh_expires_at=ctx.now()))
    assert states(ctx)["authorize"] == "wrong"
    lab.extra["LAIKE_TOKEN_KEYS"] = "b3RoZXItdGVzdHMta2V5LW9mLTMyLWJ5dGVzLWxvbmc="
    assert states(lab.bare_context())["authorize"] == "wrong"


def test_what_nobody_answers_is_told_by_the_test_of_the_workers(lab: Lab) -> None:
    found = tried(lab.context(), {"schedule", "no such item"}, NOBODY)
    assert [(one.check, one.state) for one in found["schedule"]] == [("worker", "warning"), ("beat", "warning")]
    assert found.keys() == {"schedule"}


def test_the_bot_gets_a_message_only_when_asked_to(lab: Lab) -> None:
    ctx = lab.context()
    assert tried(ctx, {"webhook"}, NOBODY)["webhook"][0].state == "ok"
    assert lab.calls("bot.webhook") == 0
    assert tried(ctx, {"webhook"}, NOBODY, send=True)["webhook"][0].state == "ok"
    assert lab.calls("bot.webhook") == 1
