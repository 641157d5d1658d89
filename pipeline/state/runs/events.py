"""Events of runs."""

from collections.abc import Iterator, Mapping
from typing import Any

import redis
import structlog

from pipeline.core.overview.runs.lines import RunLine
from pipeline.core.redaction import redacted
from pipeline.state import codec, keys, unread
from pipeline.state.runs.many_runs import LINE

EVENTS = "events"
Event = dict[str, str]

log = structlog.get_logger()


class Events:
    """Events of runs, streamed while they happen and kept with the run."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def emit(self, run_id: str, event: str, **facts: str | int) -> None:
        """Record an event for the log and for those who follow the run. Secrets are redacted."""
        facts = {name: redacted(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        fields: dict[Any, Any] = {"event": event, **facts}
        pipe = self._client.pipeline(transaction=False)
        pipe.xadd(keys.events(run_id), fields, maxlen=keys.EVENTS_MAX)
        pipe.expire(keys.events(run_id), keys.STAGING_TTL_S)
        pipe.execute()
        log.info(event, run=run_id, **facts)

    def archive(self, run_id: str, line: RunLine | None = None) -> None:
        """Keep a run's first and newest events as long as the run, compressed, beside its outcomes.

        Args:
            line: The run's line in the list, kept by the same command.
        """
        kept: dict[Any, Any] = {LINE: codec.dump(line, RunLine)} if line else {}
        if happened := self._first_and_newest(run_id):
            kept[EVENTS] = codec.squeeze(happened, list[Event])
        if kept:
            self._client.hset(keys.run(run_id), mapping=kept)

    def events(self, run_id: str) -> list[Event]:
        """A run's events, the oldest first; `at` as in `follow`."""
        if archived := self._archived(run_id):
            return archived
        with unread.sparing():
            entries: Any = self._client.xrange(keys.events(run_id))
            return [_event(entry_id, fields) for entry_id, fields in entries]
        return []

    def kept(self, run_id: str) -> list[Event]:
        """A run's first and newest events, the oldest first: those that are archived, or will be."""
        return self._archived(run_id) or self._first_and_newest(run_id)

    def _archived(self, run_id: str) -> list[Event] | None:
        data = self._client.hget(keys.run(run_id), EVENTS)
        with unread.sparing():
            return codec.unsqueeze(list[Event], data, keys.run(run_id), EVENTS) if isinstance(data, bytes) else None
        return None

    def _first_and_newest(self, run_id: str) -> list[Event]:
        with unread.sparing():
            first: Any = self._client.xrange(keys.events(run_id), count=1)
            newest: Any = self._client.xrevrange(keys.events(run_id), count=keys.EVENTS_KEPT)
            return [_event(*entry) for entry in dict([*first, *reversed(newest)]).items()]
        return []

    def follow(self, run_id: str) -> Iterator[Event]:
        """Events of a run from its start, as they happen; an empty one each 200 ms without news.

        `at` is the time of an event in ms of Redis' clock.
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
    told = {name.decode(errors="replace"): value.decode(errors="replace") for name, value in fields.items()}
    return {"at": entry_id.decode().partition("-")[0], **told}
