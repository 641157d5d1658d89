"""Read what keeps the product from reading or loading, for every page that says how things stand. No call is made."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.context import Context
from pipeline.core.errors import NeedsPerson, TablesDisagree, TableUnseen
from pipeline.core.outcome import RunState
from pipeline.core.overview.today.todo import Access
from pipeline.state.beat import BeatSigns
from pipeline.state.store import clock
from pipeline.state.vitals.workers import WorkerSigns
from pipeline.steps.overview.vitals import ALIVE


@dataclass(frozen=True, slots=True)
class Silent:
    """Who gives no sign of life: without beat nothing begins by itself, without workers nothing is carried out."""

    beat: bool
    workers: bool


def silent(ctx: Context) -> Silent:
    """Who gives no sign of life."""
    now, signs = clock(ctx.client).timestamp(), WorkerSigns(ctx.client).seen().values()
    return Silent(
        beat=not BeatSigns(ctx.client).seen(), workers=not any(now - at < ALIVE.total_seconds() for at in signs)
    )


def unattended(ctx: Context, states: Iterable[RunState]) -> bool:
    """Whether any of these runs should go on while no worker is there to carry it out."""
    return RunState.RUNNING in states and silent(ctx).workers


def access(ctx: Context) -> Access:
    """The authorization: why a person must authorize, if so, and when it ends."""
    try:
        pair, trouble = ctx.tokens.pair(), ctx.tokens.trouble()
    except NeedsPerson as error:
        return Access(error.trouble(), None)
    return Access(trouble.trouble() if trouble else None, pair.refresh_expires_at)


def stops(ctx: Context) -> tuple[str, ...]:
    """Why loading into a table of ours is stopped, each reason once."""
    lost = [ctx.at_table(table_id).visibility.lost() for table_id in ctx.chain.ids]
    return tuple(
        dict.fromkeys(TablesDisagree.reason if one.tables else TableUnseen.reason for one in lost if one is not None)
    )
