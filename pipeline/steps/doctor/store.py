"""Check Redis: reachable, new enough, durable, with the right time."""

import re
from datetime import datetime, timedelta

from pipeline.context import Context
from pipeline.core.causes import maintenance_of
from pipeline.core.errors import HistoryUnclear, NewerState, StoreUnreachable, WrongRelease
from pipeline.core.unreadable import Unreadable
from pipeline.state.store import Server, describe, ours, probe
from pipeline.steps.doctor.findings import Finding, State, broken, of_error, ok, skipped, warning
from pipeline.steps.doctor.records import check_records

AFTER = ("redis.version", "redis.aof", "redis.eviction", "redis.clock", "redis.state", "redis.records")
OLDEST, TRIED_WITH = (6, 2), (7, 0)  # the oldest that redis-py and kombu support; the oldest that we test with
CLOCK_S = 2
_UNSEEN = "当前用户无权执行 INFO：请在云服务控制台核对版本、持久化（AOF）与 maxmemory-policy。"
_AOF = "请以 `--appendonly yes --appendfsync always` 启动 Redis（docker-compose.yml 已如此设置）。"
_EVICTION = "请在 Redis 配置中设置 `maxmemory-policy noeviction`，并给足内存。"
_CLOCK = "请在两台机器上开启时间同步（NTP，如 chrony）。"


def check_redis(ctx: Context) -> list[Finding]:
    """Check the server; one broken finding if it cannot be reached."""
    try:
        with ours(ctx.settings.redis_address):
            server, state, records = describe(ctx.client), _state(ctx), check_records(ctx)
            probe(ctx.client)
    except StoreUnreachable as error:
        return [of_error("redis", error), *skipped(AFTER, "Redis is out of reach")]
    now = ctx.now() - timedelta(seconds=ctx.settings.clock_offset_s)  # Redis does not see a shifted clock
    return [ok("redis", "answers"), *judge(server, now), state, records]


def reached(findings: list[Finding]) -> bool:
    """Return whether Redis can be used."""
    return all(finding.state != State.BROKEN for finding in findings if finding.check == "redis")


def judge(server: Server, now: datetime) -> list[Finding]:
    """Judge a server by its own description."""
    return [_version(server), _aof(server), _eviction(server), _clock(server, now)]


def _state(ctx: Context) -> Finding:
    """Check which release wrote the stored data, and whether all of it can be used."""
    try:
        return _told_state(ctx)
    except (NewerState, Unreadable) as error:
        return of_error("redis.state", error)


def _told_state(ctx: Context) -> Finding:
    ours = ctx.schema.is_ours()
    if (tables := ctx.schema.unclear()) is not None:
        says = f"which table it is that an older release remembers is not known: {' or '.join(tables) or 'none is'}"
        return broken("redis.state", says, maintenance_of(HistoryUnclear.reason))
    if not ours and ctx.schema.holds_tableless():
        says = "of an older release: the next worker or command brings it up to date"
        return warning("redis.state", says, maintenance_of(WrongRelease.reason))
    return ok("redis.state", "of this release")


def _version(server: Server) -> Finding:
    number = tuple(map(int, re.findall(r"\d+", server.version)[:2]))
    says, cure = f"version {server.version}", "请升级到 Redis 7 或更新版本。"
    if not number:
        return warning("redis.version", "does not tell its version; needed is 6.2, better 7 or newer", _UNSEEN)
    if number < OLDEST:
        return broken("redis.version", f"{says}; needed is 6.2, better 7 or newer", cure)
    if number < TRIED_WITH:
        return warning("redis.version", f"{says}; tested with 7 and newer", cure)
    return ok("redis.version", says)


def _aof(server: Server) -> Finding:
    if server.appends:
        return ok("redis.aof", "appendonly yes: what was written outlives a crash")
    told = "does not tell whether it is append-only" if server.appends is None else "appendonly no"
    lost = "a crash of Redis loses runs under way and history (the token comes back from LAIKE_TOKEN_FILE)"
    return warning("redis.aof", f"{told}: {lost}", _UNSEEN if server.appends is None else _AOF)


def _eviction(server: Server) -> Finding:
    if server.policy == "noeviction":
        return ok("redis.eviction", "maxmemory-policy noeviction")
    if server.policy is None:
        return warning("redis.eviction", "does not tell its maxmemory-policy", _UNSEEN)
    return broken("redis.eviction", f"maxmemory-policy {server.policy}: short of memory it drops our keys", _EVICTION)


def _clock(server: Server, now: datetime) -> Finding:
    apart = abs((server.at - now).total_seconds())
    if apart > CLOCK_S:
        return warning("redis.clock", f"its clock and that of this machine are {apart:.1f} s apart", _CLOCK)
    return ok("redis.clock", "agrees with this machine's clock")
