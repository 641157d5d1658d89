"""Unreadable runs: taken from the open ones, so that they hold up no other run, and told once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import redis

from pipeline.core.errors import Trouble
from pipeline.core.outcome import Run, Summary
from pipeline.core.unforeseen import Defect
from pipeline.core.unreadable import Unreadable
from pipeline.state import codec, keys, unread
from pipeline.state.runs.ledger import GIVEN_UP
from pipeline.state.runs.many_runs import PLAN, SUMMARY, fields

READ = {PLAN: Run, SUMMARY: Summary, GIVEN_UP: Trouble}  # fields that must be readable


@dataclass(frozen=True, slots=True)
class SetAside:
    """Why a run was put aside, and whether the group was told."""

    defect: Defect
    told: bool = False


class Aside:
    """The runs that were put aside, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def defect(self, run_id: str) -> Defect | None:
        """Why a run cannot be read; `None` if it can."""
        found = fields(self._client, [run_id], *READ)
        if run_id not in found:
            return Defect.WRONG_TYPE
        if found[run_id][0] is None:
            return Defect.GONE
        try:
            for kind, data in zip(READ.values(), found[run_id], strict=True):
                _ = data is not None and codec.load(kind, data, keys.run(run_id))
        except Unreadable:
            return Defect.UNREADABLE
        return None

    def put(self, run_id: str, defect: Defect) -> bool:
        """Put a run aside; `False` if it was before."""
        pipe: Any = self._client.pipeline()
        pipe.hsetnx(keys.ASIDE, run_id, codec.dump(SetAside(defect), SetAside))
        pipe.expire(keys.ASIDE, keys.NEWS_TTL_S)
        pipe.srem(keys.OPEN, run_id)
        return bool(pipe.execute()[0])

    def untold(self) -> dict[str, Defect]:
        """Runs put aside that the group was not told of."""
        return {run_id: one.defect for run_id, one in self._all().items() if not one.told}

    def learn_told(self, run_ids: Collection[str]) -> None:
        """Remember that the group was told of these runs."""
        for run_id, one in self._all().items():
            if run_id in run_ids:
                self._client.hset(keys.ASIDE, run_id, codec.dump(replace(one, told=True), SetAside))

    def _all(self) -> dict[str, SetAside]:
        return unread.fields(self._client, keys.ASIDE, partial(codec.load, SetAside))
