"""Reports that several tables of a run need: read once, kept for a minute."""

from dataclasses import dataclass
from datetime import datetime

import redis

from pipeline.core.model import ReportRow
from pipeline.state import codec, unread
from pipeline.state.runs import keys

KEPT_S = 60  # older figures are read again


@dataclass(frozen=True, slots=True)
class ReadReport:
    """The rows of a report, and Redis' clock before the first call for them."""

    as_of: datetime
    rows: tuple[ReportRow, ...]


class SharedReports:
    """What was read a moment ago for other tables of the same run, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def of(self, run_id: str, digest: str) -> ReadReport | None:
        """The answer to a request by its digest, if it was asked a moment ago."""
        key = keys.shared_report(run_id, digest)
        with unread.sparing():
            data = self._client.get(key)
            return codec.unsqueeze(ReadReport, data, key) if isinstance(data, bytes) else None
        return None

    def learn(self, run_id: str, digest: str, read: ReadReport) -> None:
        """Keep the answer to a request for other tables."""
        self._client.set(keys.shared_report(run_id, digest), codec.squeeze(read, ReadReport), ex=KEPT_S)
