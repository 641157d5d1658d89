"""The ledger: what runs there were, and what came of each of their steps."""

import hashlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import redis
import structlog

from pipeline.core.errors import Busy, Trouble, WrongInput
from pipeline.core.outcome import Run, Summary
from pipeline.core.redaction import redacted
from pipeline.state import codec, keys
from pipeline.state.lease import Lease
from pipeline.state.runs import many_runs
from pipeline.state.runs.many_runs import PLAN, SUMMARY
from pipeline.state.runs.staging import Staged

T = TypeVar("T")
DIGEST, TOLD, GIVEN_UP, EVENTS = "plan_digest", "told", "given_up", "events"
STEP, SENT, ENDED, BROKE = "step:", "sent:", "ended:", "broke:"
AHEAD_MOST_S = 600  # a step that comes back later says so 30 s ahead; a clock that is further ahead stepped back since
PLANS_HELD = 16  # in a process: of 1,000 accounts one takes 60 KB to read, and each step looks at it
Event = dict[str, str]

log = structlog.get_logger()

# at once, so that a run which is planned is also one that is looked after
_OPEN = """
if redis.call('hsetnx', KEYS[1], 'plan', ARGV[1]) == 0 then return 0 end
redis.call('hset', KEYS[1], 'plan_digest', ARGV[5])
redis.call('expire', KEYS[1], ARGV[2])
redis.call('zadd', KEYS[2], ARGV[3], ARGV[4])
redis.call('zremrangebyscore', KEYS[2], '-inf', ARGV[3] - ARGV[2])
redis.call('sadd', KEYS[3], ARGV[4])
return 1
"""
# at once, so that whoever lost the lease puts no older rows in the place of a successor's
_RECORD = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return redis.call('hget', KEYS[2], ARGV[2]) end
if redis.call('hsetnx', KEYS[2], ARGV[2], ARGV[3]) == 1 and KEYS[3] then
  redis.call('set', KEYS[3], ARGV[4], 'ex', ARGV[5])
end
return redis.call('hget', KEYS[2], ARGV[2])
"""
_BREAK = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('hincrby', KEYS[2], ARGV[2], 1)
"""


class Ledger:
    """Runs and their steps, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._plans: dict[bytes, Run] = {}  # by digest
        self._open = client.register_script(_OPEN)
        self._record = client.register_script(_RECORD)
        self._break = client.register_script(_BREAK)

    def open(self, run: Run) -> bool:
        """Record a run before its first step; `False` where there is one of its name already."""
        data = codec.dump(run, Run)
        started, digest = run.started_at.timestamp(), self._hold(data, run)
        args: list[bytes | str | float] = [data, keys.HISTORY_TTL_S, started, run.run_id, digest]
        return bool(self._open(keys=[keys.run(run.run_id), keys.RUNS, keys.OPEN], args=args))

    def close(self, summary: Summary) -> bool:
        """Record how a run ended; the first word stands, and `False` says that it was spoken before."""
        first = self._client.hsetnx(keys.run(summary.run_id), SUMMARY, codec.dump(summary, Summary))
        self._client.srem(keys.OPEN, summary.run_id)
        return bool(first)

    def open_runs(self) -> list[str]:
        """Runs without an end."""
        found: Any = self._client.smembers(keys.OPEN)
        return sorted(run_id.decode(errors="replace") for run_id in found)

    def record(self, run_id: str, step: str, outcome: T, lease: Lease, staged: Staged | None = None) -> T:
        """Record what came of a step, while its lease is ours; the first word stands and is returned.

        Args:
            staged: What is kept in the same instant, if this is the first word.

        Raises:
            Busy: Somebody else took the step over; the outcome will be theirs.
        """
        beside = [staged.key] if staged else []
        more: list[bytes | str | int] = [staged.data, keys.STAGING_TTL_S] if staged else []
        args: list[bytes | str | int] = [lease.mine, STEP + step, codec.dump(outcome, type(outcome)), *more]
        stands = self._record(keys=[lease.key, keys.run(run_id), *beside], args=args)
        if not isinstance(stands, bytes):
            raise Busy(f"{run_id}: {step} was taken over")
        return codec.load(type(outcome), stands)

    def count_broken(self, run_id: str, step: str, lease: Lease) -> int:
        """How often a step met an error that nobody foresaw, with this time; only whoever has its lease counts.

        Raises:
            Busy: Somebody else took the step over.
        """
        times = self._break(keys=[lease.key, keys.run(run_id)], args=[lease.mine, BROKE + step])
        if not times:
            raise Busy(f"{run_id}: {step} was taken over")
        return int(times)

    def broke_so_often(self, run_ids: Sequence[str], step: str, times: int) -> set[str]:
        """Those of the runs in which a step met such errors so often."""
        counts = many_runs.fields(self._client, run_ids, BROKE + step)
        return {run_id for run_id, (count,) in counts.items() if int(count or 0) >= times}

    def forget_outcome(self, run_id: str, step: str) -> None:
        """Let a step be done anew whose outcome cannot be read."""
        self._client.hdel(keys.run(run_id), STEP + step)

    def is_done(self, run_id: str, step: str) -> bool:
        """Whether a step has an outcome."""
        return bool(self._client.hexists(keys.run(run_id), STEP + step))

    def count_fetch(self, run_id: str, batch: int) -> int:
        """How many fetches of a batch have ended, with the one that just did.

        About: one that is delivered twice may count twice, and one that was killed right before this not at all.
        """
        return int(self._client.hincrby(keys.run(run_id), f"{ENDED}{batch}", 1))

    def done(self, run_id: str) -> set[str]:
        """The steps that have an outcome, of the whole run."""
        fields: Any = self._client.hkeys(keys.run(run_id))
        return {name.decode().removeprefix(STEP) for name in fields if name.startswith(STEP.encode())}

    def stamp(self, run_id: str, ahead_s: float = 0) -> None:
        """Say that somebody works on a run, or will in so many seconds."""
        self._client.set(keys.alive(run_id), str(time.time() + ahead_s), ex=keys.STAGING_TTL_S)

    def silent_s(self, run_id: str) -> float:
        """Seconds since a run's last sign of life; one that cannot be, or lies too far ahead, counts as none."""
        try:
            stamp: Any = self._client.get(keys.alive(run_id))
            silent = time.time() - float(stamp) if stamp else math.inf
        except (ValueError, redis.ResponseError) as error:
            if isinstance(error, redis.ResponseError) and not many_runs.of_another_type(error):
                raise
            return math.inf
        return silent if silent > -AHEAD_MOST_S else math.inf

    def watch(self, run_id: str, seconds: float) -> bool:
        """Become the one who looks after a silent run for so long; `False` where another one does."""
        return bool(self._client.set(keys.watched(run_id), "1", nx=True, px=int(seconds * 1000)))

    def outcome(self, run_id: str, step: str, kind: type[T]) -> T | None:
        """What came of a step, if it is over."""
        data = self._client.hget(keys.run(run_id), STEP + step)
        return codec.load(kind, data) if isinstance(data, bytes) else None

    def run(self, run_id: str) -> Run:
        """A run's plan; one that this process holds already is not read again.

        Raises:
            WrongInput: There is no such run, or nobody can read it.
        """
        digest = self._client.hget(keys.run(run_id), DIGEST)
        if isinstance(digest, bytes) and (held := self._plans.get(digest)):
            return held
        data = self._client.hget(keys.run(run_id), PLAN)
        if not isinstance(data, bytes):
            msg = f"there is no run {run_id}; `laike runs` lists what there is"
            raise WrongInput(msg)
        try:
            run = codec.load(Run, data)
        except ValueError:
            msg = f"nobody can read what is remembered of {run_id}: it is torn, or of another version"
            raise WrongInput(msg) from None
        self._hold(data, run)
        return run

    def _hold(self, data: bytes, run: Run) -> bytes:
        """Hold a plan; its digest, so that another run of its name is never taken for it."""
        digest = hashlib.sha256(data).hexdigest().encode()
        if len(self._plans) >= PLANS_HELD:
            self._plans.clear()
        self._plans[digest] = run
        return digest

    def summary(self, run_id: str) -> Summary | None:
        """How a run ended; `None` while it is open."""
        data = self._client.hget(keys.run(run_id), SUMMARY)
        return codec.load(Summary, data) if isinstance(data, bytes) else None

    def overview(self, run_ids: Sequence[str]) -> list[tuple[Run, Summary | None]]:
        """Runs, and how they ended where they did, in one round trip; one that is gone or cannot be read is absent."""
        return list(many_runs.overview(self._client, run_ids))

    def plans(self, run_ids: Sequence[str]) -> list[Run]:
        """The plans of runs in one round trip; one that is gone or cannot be read is absent."""
        return list(many_runs.parts_of(self._client, run_ids, PLAN, Run))

    def ends(self, run_ids: Sequence[str]) -> list[Summary]:
        """How runs ended, in one round trip; one that is open, gone or cannot be read is absent."""
        return list(many_runs.parts_of(self._client, run_ids, SUMMARY, Summary))

    def known(self, run_id: str) -> bool:
        """Whether there is a run of that name."""
        return bool(self._client.hexists(keys.run(run_id), PLAN))

    def send(self, run_id: str, what: str) -> bool:
        """Mark a batch or a step as sent to the workers; `False` where it was before."""
        return bool(self._client.hsetnx(keys.run(run_id), SENT + what, "1"))

    def was_sent(self, run_id: str, what: str) -> bool:
        """Whether a batch or a step was sent to the workers."""
        return bool(self._client.hexists(keys.run(run_id), SENT + what))

    def sent(self, run_id: str) -> set[str]:
        """What of a run was sent to the workers."""
        fields: Any = self._client.hkeys(keys.run(run_id))
        return {name.decode().removeprefix(SENT) for name in fields if name.startswith(SENT.encode())}

    def give_up(self, run_id: str, why: Trouble) -> None:
        """Let no further batch of a run begin; the first reason stands."""
        self._client.hsetnx(keys.run(run_id), GIVEN_UP, codec.dump(why, Trouble))

    def given_up(self, run_id: str) -> Trouble | None:
        """Why no further batch of a run begins, if it is so."""
        data = self._client.hget(keys.run(run_id), GIVEN_UP)
        return codec.load(Trouble, data) if isinstance(data, bytes) else None

    def tell(self, run_id: str) -> bool:
        """Mark a run as told; `False` where it was before."""
        return bool(self._client.hsetnx(keys.run(run_id), TOLD, "1"))

    def told(self, run_id: str) -> bool:
        """Whether a card about a run was sent."""
        return bool(self._client.hexists(keys.run(run_id), TOLD))

    def untell(self, run_id: str) -> None:
        """Take the mark of a run away whose card was certainly not taken."""
        self._client.hdel(keys.run(run_id), TOLD)

    def newest(self, count: int, after: int = 0) -> list[str]:
        """Ids of the newest runs, the newest first; with a count of 0 all, and without the `after` newest ones."""
        found: Any = self._client.zrevrange(keys.RUNS, after, after + count - 1 if count else -1)
        return [run_id.decode(errors="replace") for run_id in found]

    def emit(self, run_id: str, event: str, **facts: str | int) -> None:
        """Tell the log, and those who follow a run, that something happened. Facts are small; a secret is taken out."""
        facts = {name: redacted(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        fields: dict[Any, Any] = {"event": event, **facts}
        pipe = self._client.pipeline(transaction=False)
        pipe.xadd(keys.events(run_id), fields, maxlen=keys.EVENTS_MAX)
        pipe.expire(keys.events(run_id), keys.STAGING_TTL_S)
        pipe.execute()
        log.info(event, run=run_id, **facts)

    def archive(self, run_id: str) -> None:
        """Keep a run's events as long as the run: its first and its newest ones, compressed, beside its outcomes."""
        name = keys.events(run_id)
        first: Any = self._client.xrange(name, count=1)
        newest: Any = self._client.xrevrange(name, count=keys.EVENTS_KEPT)
        entries = dict([*first, *reversed(newest)])
        if happened := [_event(*entry) for entry in entries.items()]:
            self._client.hset(keys.run(run_id), EVENTS, codec.squeeze(happened, list[Event]))

    def events(self, run_id: str) -> list[Event]:
        """What happened in a run, the oldest first; `at` as `follow` says."""
        data = self._client.hget(keys.run(run_id), EVENTS)
        return codec.unsqueeze(list[Event], data) if isinstance(data, bytes) else self._streamed(run_id)

    def _streamed(self, run_id: str) -> list[Event]:
        entries: Any = self._client.xrange(keys.events(run_id))
        return [_event(entry_id, fields) for entry_id, fields in entries]

    def follow(self, run_id: str) -> Iterator[Event]:
        """Events of a run from its start, as they happen; an empty one each 200 ms without news.

        `at` is when an event happened, in ms of Redis' clock.
        """
        last = b"0"
        while True:
            news: Any = self._client.xread({keys.events(run_id): last}, block=200)
            if not news:
                yield {}
            for _, entries in news:
                for last, fields in entries:
                    yield _event(last, fields)


def _event(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Event:
    told = {name.decode(): value.decode() for name, value in fields.items()}
    return {"at": entry_id.decode().partition("-")[0], **told}
