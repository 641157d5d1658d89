"""Two workers, beat, Redis and the APIs, with a wire wherever the network may fail."""

import math
import signal
import time
from dataclasses import dataclass, field
from datetime import time as clock
from typing import Any
from urllib.parse import urlsplit

import redis

from lab.processes import WORKER
from pipeline.state import keys
from tests.chaos.seeds import WORKERS, Draw, Further, Kind, Phase, phase_of
from tests.chaos.wire import HOST, Cut, Wire
from tests.further import another_base, further
from tests.workers import PATIENCE_S, Member, Store, Workers, wait_until
from worker.dispatch import QUEUES

JUST_BEFORE_SEVEN, UNTIL_SEVEN_S = clock(6, 59, 52), 8.0  # beat is up when the daily run is due
JUST_AFTER_SEVEN = clock(7, 1)
LEASES = (keys.step("*", "*"), keys.writer("*"), keys.TOKEN_LOCK)


@dataclass
class Scene:
    """Workers at work, and what fails in it."""

    team: Workers
    store: Store
    draw: Draw
    workers: list[Member] = field(default_factory=list)
    killed: list[Member] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)  # further ones: their ids by report

    def __post_init__(self) -> None:
        self.run_id = f"daily-{self.team.lab.day}"
        self.api = Wire(urlsplit(self.team.lab.server.url).port or 0)
        self.links = [Wire(self.store.port) for _ in range(WORKERS)]

    def begin(self) -> None:
        """Make the further table, start everybody, and let the run begin: by beat, or by its message."""
        match self.draw.further:
            case Further.SAME_BASE:
                self.tables = further(self.team.lab, "project")
            case Further.ANOTHER_BASE:
                self.tables = further(self.team.lab, "material", app_token=another_base(self.team.lab)["app_token"])
        self.due = time.monotonic() + UNTIL_SEVEN_S
        if self.draw.by_beat:
            self.team.lab.at(JUST_BEFORE_SEVEN)
        elif self.draw.phase == Phase.SENT:
            # what a worker has taken off its queue and not yet registered dies with it, and nobody knows that there was
            # a message: the morning's is missed by the watchdog, one sent by hand at another time only by its sender
            self.team.lab.at(JUST_AFTER_SEVEN)
        self.workers = [self._worker(place) for place in range(WORKERS)]
        self.beat = self.team.beat()
        for worker in self.workers:
            _ready(worker)
        if not self.draw.by_beat:
            self.due = time.monotonic()
            self.team.send("laike.daily")

    def strike(self) -> Phase:
        """Wait for the moment, then let it fail; the phase that was really hit."""
        self._wait_for_the_phase()
        time.sleep(self.draw.delay_s)
        hit = self._phase()
        self._fail()
        return hit

    def mend(self) -> float:
        """Wait as long as it lasts, then let it work again; that moment (s of the monotonic clock)."""
        time.sleep(self.draw.lasts_s)
        self._heal()
        return time.monotonic()

    def ended(self, seconds: float) -> float:
        """When the run was over (s of the monotonic clock), if it was in time."""
        return time.monotonic() if wait_until(self._over, seconds) else math.inf

    def died(self) -> list[str]:
        """What those logged that ended by themselves."""
        dead = [member for member in self.team.members if not member.alive and member not in self.killed]
        return [member.words()[-3000:] for member in dead]

    def left(self) -> list[str]:
        """What is still queued, unacknowledged, leased or open."""
        client = self.team.ctx.client
        leases = [key.decode() for pattern in LEASES for key in client.scan_iter(pattern)]
        return leases + [name for name in (*QUEUES, "unacked", "unacked_index", keys.OPEN) if client.exists(name)]

    def close(self) -> None:
        """Take the network away."""
        for wire in (self.api, *self.links):
            wire.close()

    def _wait_for_the_phase(self) -> None:
        if self.draw.phase == Phase.SENT:
            time.sleep(max(0.0, self.due - time.monotonic()))
            return
        end, events = self.due + PATIENCE_S, set()
        for event in self.team.ctx.events.follow(self.run_id):
            events.add(event.get("event", ""))
            if phase_of(events).rank >= self.draw.phase.rank:
                return
            assert time.monotonic() < end, (sorted(events), self.team.words())

    def _over(self) -> bool:
        try:
            return self.team.ctx.ledger.summary(self.run_id) is not None
        except redis.RedisError:  # it has just come back
            return False

    def _phase(self) -> Phase:
        entries: Any = self.team.ctx.client.xrange(keys.events(self.run_id))
        return phase_of({fields[b"event"].decode() for _, fields in entries})

    def _fail(self) -> None:
        match self.draw.kind:
            case Kind.KILL_REDIS:
                self.store.kill()
            case Kind.STOP_REDIS:
                self.store.process.send_signal(signal.SIGSTOP)
            case Kind.KILL_WORKER | Kind.KILL_BEAT:
                for member in self._members():
                    member.kill()
                    self.killed.append(member)
            case Kind.STOP_WORKER | Kind.STOP_BEAT:
                for member in self._members():
                    member.signal(signal.SIGSTOP)
            case _:
                for wire in self._wires():
                    wire.cut(self._how())

    def _heal(self) -> None:
        match self.draw.kind:
            case Kind.KILL_REDIS:
                self.store.start()
            case Kind.STOP_REDIS:
                self.store.process.send_signal(signal.SIGCONT)
            case Kind.KILL_WORKER:
                for member in [self._worker(place) for place in self.draw.victims]:
                    _ready(member)
            case Kind.KILL_BEAT:
                self.team.beat()
            case Kind.STOP_WORKER | Kind.STOP_BEAT:
                for member in self._members():
                    member.signal(signal.SIGCONT)
            case _:
                for wire in self._wires():
                    wire.mend()

    def _members(self) -> list[Member]:
        if self.draw.kind in (Kind.KILL_BEAT, Kind.STOP_BEAT):
            return [self.beat]
        return [self.workers[place] for place in self.draw.victims]

    def _wires(self) -> list[Wire]:
        if self.draw.kind in (Kind.SILENT_API, Kind.RESET_API):
            return [self.api]
        return [self.links[place] for place in self.draw.victims]

    def _how(self) -> Cut:
        return Cut.SILENT if self.draw.kind in (Kind.SILENT_API, Kind.SILENT_REDIS) else Cut.RESET

    def _worker(self, place: int) -> Member:
        """Workers that hears of everything through our wires."""
        told, here, there = self.team.lab.environment(), self.team.lab.server.url, f"http://{HOST}:{self.api.port}"
        names = ("LAIKE_OCEANENGINE_BASE_URL", "LAIKE_FEISHU_BASE_URL", "LAIKE_FEISHU_WEBHOOK_URL")
        through = {name: told[name].replace(here, there) for name in names}
        return self.team.stay(WORKER, LAIKE_REDIS_URL=f"redis://{HOST}:{self.links[place].port}/0", **through)


def _ready(worker: Member) -> None:
    assert wait_until(lambda: " ready." in worker.words() or not worker.alive)
    assert worker.alive, worker.words()
