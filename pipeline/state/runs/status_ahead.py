"""What spares a run's end calls to 同步状态: what was seen of it before, and what is written after."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import redis

from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayOutcome
from pipeline.core.runs.findings import Word
from pipeline.state import codec, unread
from pipeline.state.keys import STAGING_TTL_S, WRITTEN_TTL_S
from pipeline.state.runs import keys

_Later = list[tuple[str, DayOutcome, datetime | None]]


@dataclass(frozen=True, slots=True)
class StatusLook:
    """The places without a row, and how many writes into the base had ended before the look."""

    writes: int
    absent: frozenset[str]


class StatusAhead:
    """Looks at 同步状态 and postponed words, by run, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def learn(self, run_id: str, writes: int, absent: Collection[str]) -> None:
        """Remember a look for as long as writes after it are remembered."""
        data = codec.squeeze(StatusLook(writes, frozenset(absent)), StatusLook)
        self._client.set(keys.status_look(run_id), data, ex=WRITTEN_TTL_S)

    def look(self, run_id: str) -> StatusLook | None:
        """The look of a run; `None` without one, or after a while."""
        with unread.sparing():
            data = self._client.get(key := keys.status_look(run_id))
            return codec.unsqueeze(StatusLook, data, key) if isinstance(data, bytes) else None
        return None

    def postpone(self, run_id: str, words: Mapping[AccountDay, Word]) -> None:
        """Keep what is to be written once the run has ended."""
        later = [(at.account_id, word.outcome, word.as_of) for at, word in words.items()]
        self._client.set(keys.status_later(run_id), codec.squeeze(later, _Later), ex=STAGING_TTL_S)

    def later(self, run_id: str) -> dict[AccountDay, Word]:
        """What is to be written."""
        with unread.sparing():
            data = self._client.get(key := keys.status_later(run_id))
            found = codec.unsqueeze(_Later, data, key) if isinstance(data, bytes) else []
            return {AccountDay(account_id, outcome.day): Word(outcome, as_of) for account_id, outcome, as_of in found}
        return {}

    def forget_later(self, run_id: str) -> None:
        """Forget it: it is written."""
        self._client.delete(keys.status_later(run_id))
