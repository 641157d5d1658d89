"""Answer one request: script, fault, rate limit, single writer, latency, token, permission, handler, in this order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from emulator import patching
from emulator.connection import Connection
from emulator.control import actions
from emulator.excess import swollen
from emulator.feishu.envelope import refused
from emulator.shapes import shaped
from emulator.shared.wire import Call, Refusal, Reply, Route
from emulator.world.faults import Fault, changes_of
from emulator.world.world import World

GARBAGE = "<html><head><title>502 Bad Gateway</title></head><body>upstream</body></html>"


class Exchange:
    """One call of an endpoint, from arrival to log entry."""

    late_tasks: set[asyncio.Task[None]] = set()  # noqa: RUF012 - asyncio keeps weak references only

    def __init__(self, world: World, route: Route[Any], call: Call, connection: Connection) -> None:
        self.world = world
        self.route = route
        self.call = call
        self.connection = connection
        self.fault: Fault | None = None
        self._at = world.clock.now()
        self._started = time.perf_counter()
        self._log = world.log
        self._number = world.log.arrive(route.name)

    async def run(self) -> None:
        """Answer the call, or apply the fault that hits it."""
        with self.world.lock:
            for step in self.world.due_steps(self.route.name):
                actions.act_scripted(self.world, step)
            self.fault = self.world.faults.take(self.route.name, self.call.arguments)
        if self.fault is None:
            await self.answer(self._throttled() or await self.work())
        else:
            await FAULTS[self.fault.kind](self, self.fault.details)

    async def answer(self, reply: Reply) -> None:
        """Log and send."""
        self.note(reply)
        await self.connection.answer(reply)

    async def drop(self) -> None:
        """Log and close the connection."""
        self.note(None)
        await self.connection.drop()

    async def work(self, delay: float = 0.0) -> Reply:
        """Do the work after `delay` seconds. Refuses a second write to a base while one is under way."""
        delay += self.world.latency.get(self.route.name, 0.0)
        base = self.world.feishu.bases.get(self.call.params.get("app_token", ""))
        if base is not None and base.writers and self._conflicts():
            return self.route.family.refuse(refused(1254291, status=self.route.conflict_status))
        if base is None or not self.route.writes:
            await _pause(delay)
            return self.handle()
        base.writers += 1
        try:
            await _pause(delay)
            return self.handle()
        finally:
            base.writers -= 1

    def handle(self) -> Reply:
        """Check token and permission, call the handler."""
        family, state = self.route.family, self.world.state_of(self.route)
        try:
            with self.world.lock:
                if not self.route.public:
                    family.authorize(state, self.call)
                    family.permit(state, self.call, self.route)
                return shaped(self.world.unsure, self.route, self.route.handler(state, self.call))
        except Refusal as refusal:
            return family.refuse(refusal)

    def note(self, reply: Reply | None) -> None:
        """Write the log entry."""
        ms = (time.perf_counter() - self._started) * 1000
        fault = self.fault.kind if self.fault else ""
        self._log.note(self.route, self.call, reply, number=self._number, at=self._at, ms=ms, fault=fault)

    def _throttled(self) -> Reply | None:
        settings, route = self.world.settings, self.route
        if not settings.rate_limits:
            return None
        rate = settings.oceanengine_rate if route.family.name == "oceanengine" else route.rate
        wait = self.world.buckets.take(route.name, rate)
        return route.family.throttled(self.world.state_of(route), wait, rate) if wait else None

    def _conflicts(self) -> bool:
        """Whether a write under way refuses this call: another write, and by choice a read of a table."""
        reads_too = self.world.unsure.holds("conflicts", "reads_too") and "table_id" in self.call.params
        return self.route.writes or reads_too


async def _pause(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)


Details = dict[str, Any]


async def _status(exchange: Exchange, details: Details) -> None:
    body = details.get("body", "")
    reply = Reply(status=details["status"], headers=_headers(details), raw=_as_bytes(body))
    await exchange.answer(reply)


async def _code(exchange: Exchange, details: Details) -> None:
    message = details.get("message", f"fault {details['code']}")
    refusal = Refusal(details["code"], message, status=details.get("status", 200))
    reply = exchange.route.family.refuse(refusal)
    reply.headers |= _headers(details)
    await exchange.answer(reply)


async def _throttled(exchange: Exchange, details: Details) -> None:
    route = exchange.route
    await exchange.answer(
        route.family.throttled(exchange.world.state_of(route), details.get("seconds", 0.1), route.rate)
    )


async def _delay(exchange: Exchange, details: Details) -> None:
    await exchange.answer(await exchange.work(details["seconds"]))


async def _drop_before(exchange: Exchange, _details: Details) -> None:
    await exchange.drop()


async def _drop_after(exchange: Exchange, _details: Details) -> None:
    await exchange.work()
    await exchange.drop()


async def _late(exchange: Exchange, details: Details) -> None:
    # It takes no writer's lock meanwhile: a repetition may overtake it.
    task = asyncio.create_task(_effect_later(exchange, exchange.world.epoch, details["seconds"]))
    Exchange.late_tasks.add(task)
    task.add_done_callback(Exchange.late_tasks.discard)
    await exchange.drop()


async def _effect_later(exchange: Exchange, epoch: int, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if exchange.world.epoch == epoch:
        exchange.handle()


async def _hold(exchange: Exchange, details: Details) -> None:
    reply = await exchange.work()  # the effect is immediate, the answer late
    await _pause(details["seconds"])
    await exchange.answer(reply)


async def _garbage(exchange: Exchange, details: Details) -> None:
    await exchange.answer(Reply(raw=_as_bytes(details.get("body", GARBAGE))))


async def _truncate(exchange: Exchange, _details: Details) -> None:
    reply = await exchange.work()
    exchange.note(reply)
    await exchange.connection.answer_half(reply)


async def _drip(exchange: Exchange, details: Details) -> None:
    reply = await exchange.work()
    exchange.note(reply)
    await exchange.connection.answer_slowly(reply, details["part"], details["seconds"])


async def _swell(exchange: Exchange, details: Details) -> None:
    reply, encoding = await exchange.work(), details.get("encoding", "identity")
    exchange.note(reply)
    packed = {} if encoding == "identity" else {"content-encoding": encoding}
    await exchange.connection.answer_in_pieces(Reply(headers=packed), swollen(details["mib"], encoding))


async def _patch(exchange: Exchange, details: Details) -> None:
    exchange.call = exchange.call.with_query(details.get("query", {}))
    reply = await exchange.work()
    reply.payload = patching.patched(reply.payload, details.get("patch", {}), changes_of(details))
    await exchange.answer(reply)


def _headers(details: Details) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in details.get("headers", {}).items()}


def _as_bytes(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return Reply({"body": body}).encode() if not isinstance(body, dict) else Reply(body).encode()


FAULTS: dict[str, Callable[[Exchange, Details], Awaitable[None]]] = {
    "status": _status,
    "code": _code,
    "throttled": _throttled,
    "delay": _delay,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "late": _late,
    "hold": _hold,
    "garbage": _garbage,
    "truncate": _truncate,
    "drip": _drip,
    "swell": _swell,
    "patch": _patch,
}
