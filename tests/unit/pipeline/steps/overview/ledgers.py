"""A ledger in memory, and runs in it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import fakeredis

from bench.ledger import SETTINGS
from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.runs.plan import yesterday
from pipeline.settings import Settings

SHOPS = (Account("1800000000000001", "城东店"), Account("1800000000000002", "城西店"))
GONE = Trouble(reason="account_unavailable", message="no", what_to_do="请检查该账户。")


def context(home: Path, **more: Any) -> Context:  # noqa: ANN401 settings
    """A context on an empty ledger in memory."""
    given: dict[str, Any] = {name.removeprefix("LAIKE_").lower(): value for name, value in SETTINGS.items()}
    given |= {"token_file": str(home / "token"), "accounts": {one.id: one.name for one in SHOPS}, **more}
    return build(Settings(_env_file=None, **given), alone=fakeredis.FakeRedis())


def ran(ctx: Context, run_id: str, state: RunState | None = RunState.SUCCESS, ago_h: float = 1, **facts: Any) -> Run:  # noqa: ANN401 a run's own fields
    """Remember a run that began so long ago and took 90 s, or has not ended."""
    now, day = ctx.now(), yesterday(ctx.now())
    usual: dict[str, Any] = {"day": day, "days": DayRange(day, day), "accounts": SHOPS}
    usual |= {"deadline": now + timedelta(hours=1)}
    run = Run(run_id=run_id, started_at=now - timedelta(hours=ago_h), **(usual | facts))
    assert ctx.ledger.open(run)
    ctx.pulse.stamp(run_id)
    if state:
        assert ctx.ledger.close(ended(run, state))
    return run


def ended(run: Run, state: RunState) -> Summary:
    """The end of a run: its first account failed unless it was a success."""
    bad = state != RunState.SUCCESS
    lines = tuple(
        AccountResult(
            id=one.id,
            name=one.name,
            state=DayState.FAILED if bad and n == 0 else DayState.LOADED,
            rows=1,
            cost=Decimal(1),
            window_rows=1,
            window_cost=Decimal(1),
            trouble=GONE if bad and n == 0 else None,
        )
        for n, one in enumerate(run.accounts)
    )
    return Summary(
        run_id=run.run_id,
        state=state,
        day=run.day,
        days=run.days,
        accounts=lines,
        dry_run=run.dry_run,
        started_at=run.started_at,
        ended_at=run.started_at + timedelta(seconds=90),
    )
