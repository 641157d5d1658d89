"""Why a run was begun, which its id says."""

import re
from enum import StrEnum

_DAILY_ID = re.compile(r"daily-\d{4}-\d{2}-\d{2}")  # a run by hand has a suffix


class RunKind(StrEnum):
    """Why a run was begun. A run's id begins with its kind's prefix; nothing else reads an id."""

    DAILY = "daily"
    SETTLE = "settle"
    CATCH_UP = "catch_up"
    BACKFILL = "backfill"
    MANUAL = "manual"  # a sync by hand: the id of a daily run with a suffix

    @property
    def prefix(self) -> str:
        """The beginning of its ids."""
        return f"{RunKind.DAILY if self is RunKind.MANUAL else self.replace('_', '-')}-"

    @classmethod
    def of(cls, run_id: str) -> "RunKind":
        """The kind of a run by its id, which plans and summaries of every release have."""
        if _DAILY_ID.fullmatch(run_id):
            return cls.DAILY
        others = (cls.SETTLE, cls.CATCH_UP, cls.BACKFILL)
        return next((kind for kind in others if run_id.startswith(kind.prefix)), cls.MANUAL)
