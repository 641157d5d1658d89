"""The place where cases are played: a world and a Redis, prepared once and brought back for each of them."""

import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import redis

from emulator.control.actions import act
from emulator.control.inspection import VIEWS
from emulator.server import EmulatorServer
from emulator.world.world import World
from pipeline.context import Context
from pipeline.core.errors import LaikeError, Trouble
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.state.tokens.old_cache import read_old_cache
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.chaos.campaign.cases import Morning
from tests.chaos.campaign.furniture import a_night_passes, furnish, further_id, further_table, old_rows
from tests.further import NAMES
from tests.lab import Lab, Plain, empty

SEVEN = time(7, 1)
LOOKBACK_DAYS = "2"
TOKEN_LEFT_S = 1800  # under an hour: the run refreshes it
AHEAD = timedelta(hours=2)  # as the daily task asks for
OLDER_LIST = "账户列表未能更新"  # what a run warns of
Store = tuple[tuple[bytes, int, bytes], ...]


@dataclass(frozen=True)
class Ended:
    """How a run ended: its summary, or why it did not even begin."""

    summary: Summary | None = None
    trouble: Trouble | None = None

    @property
    def success(self) -> bool:
        """Whether it says that all is well."""
        return self.summary is not None and self.summary.state == RunState.SUCCESS

    @property
    def older_list(self) -> bool:
        """Whether it says that its accounts are those of an older list."""
        return self.summary is not None and any(OLDER_LIST in warning for warning in self.summary.warnings)

    @property
    def troubles(self) -> list[Trouble]:
        """Everything that it says went wrong."""
        if not self.summary:
            return [self.trouble] if self.trouble else []
        tables = (self.summary, *self.summary.further)
        found = [trouble for one in tables for trouble in (one.trouble, *(account.trouble for account in one.accounts))]
        return [trouble for trouble in found if trouble]


def daily(ctx: Context) -> Ended:
    """The daily run, as the workers do it."""
    with suppress(LaikeError):  # each account's fetch meets the same and tells it
        ctx.tokens.current(AHEAD)
    try:
        run = begin_daily(ctx)
    except LaikeError as error:
        return Ended(trouble=error.trouble())
    return carried_out(ctx, run)


def carried_out(ctx: Context, run: Run) -> Ended:
    """A run that has begun, to its end."""
    return Ended(carry_out(ctx, run.run_id))


class NearLab(Lab):
    """A lab that looks into the emulator and changes it without HTTP, which is for the product."""

    def control(self, action: str, body: object) -> Plain:
        """Change something in the emulator."""
        return act(self.server.world, action, body)

    def look(self, what: str, **params: str) -> Plain:
        """Look into the emulator: a copy, which does not move with it."""
        world = self.server.world
        with world.lock:
            found: Plain = json.loads(json.dumps(VIEWS[what](world, params)))
        return found


@dataclass(frozen=True)
class Saved:
    """A world, pickled; a Redis; the token's mirror."""

    world: bytes
    store: Store
    mirror: bytes


@dataclass
class Rig:
    """One emulator and one Redis for all cases of a process."""

    server: EmulatorServer
    redis_url: str
    arrange: Callable[[Lab], None] = lambda _: None  # what else is there before a case begins
    saved: dict[tuple[str, Morning, str], Saved] = field(default_factory=dict)

    def lab(self, table: str, morning: Morning, home: Path, further: str = "") -> Lab:
        """A lab at seven in the morning; `further`: the report of a further table, if there is one."""
        if (table, morning, further) not in self.saved:
            self.saved[table, morning, further] = self._prepared(table, morning, home, further)
        restore(self.saved[table, morning, further], self.server.world, self.redis_url, home)
        return self._at_seven(table, home, further)

    def _at_seven(self, table: str, home: Path, further: str) -> Lab:
        lab = NearLab(self.server, self.redis_url, home, table)
        lab.at(SEVEN)
        lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": LOOKBACK_DAYS}
        if further:
            at = f"https://example.feishu.cn/base/{lab.facts['app_token']}?table={further_id(further)}"
            lab.extra["LAIKE_TABLES"] = json.dumps([{"name": NAMES[further], "report": further, "at": at}])
        return lab

    def _prepared(self, table: str, morning: Morning, home: Path, further: str) -> Saved:
        world = self.server.world
        world.reset()
        empty(self.redis_url)
        lab = self._at_seven(table, home, further)
        furnish(world, lab)
        if further:
            further_table(world, further)
        self.arrange(lab)
        if morning == Morning.LATER:
            lab.at(SEVEN, days_later=-1)
            assert daily(lab.context()).success
            lab.at(SEVEN)
            a_night_passes(world, lab)
            ctx = lab.bare_context()
            for here in (ctx, *([ctx.at_table(further_id(further))] if further else [])):
                for account_id, known in here.table_facts.views().items():
                    # due to be looked at, whatever weekday it is
                    here.table_facts.learn_view(account_id, replace(known, checked=0))
        else:
            old_rows(world, lab)
        act(world, "oauth", {"access_expires_in": TOKEN_LEFT_S})
        lab.bare_context().tokens.store(read_old_cache(lab.token_cache()))
        return save(world, self.redis_url, home)


def save(world: World, redis_url: str, home: Path) -> Saved:
    """Keep a world and a Redis as they are; what was called and told until now is forgotten."""
    world.log.clear()
    world.feishu.messages.clear()
    world.oceanengine.source._made.clear()  # sooner made again than unpickled
    state = {name: value for name, value in vars(world).items() if name not in ("lock", "epoch")}
    with redis.Redis.from_url(redis_url) as client:
        found = [(key, max(_int(client.pttl(key)), 0), client.dump(key)) for key in client.scan_iter()]
    store = tuple((key, ttl_ms, _bytes(value)) for key, ttl_ms, value in found if value)  # else it just expired
    return Saved(pickle.dumps(state), store, (home / "token").read_bytes())


def restore(saved: Saved, world: World, redis_url: str, home: Path) -> None:
    """Bring a world and a Redis back."""
    with world.lock:
        vars(world).update(pickle.loads(saved.world))  # noqa: S301 our own
        world.epoch += 1  # what was to come late does not reach into this case
    with redis.Redis.from_url(redis_url) as client, client.pipeline() as pipe:
        pipe.flushdb()
        for key, ttl_ms, value in saved.store:
            pipe.restore(key, ttl_ms, value)
        pipe.execute()
    (home / "token").write_bytes(saved.mirror)


def _int(value: Any) -> int:  # noqa: ANN401 the client's own types say less
    return int(value)


def _bytes(value: Any) -> bytes:  # noqa: ANN401
    return bytes(value)
