"""The request log: calls, answers, and the monthly quota."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulator.shared.wire import HTTP_BAD_REQUEST, Call, Reply, Route

KEPT = 100_000
SHOWN = ("local_account_id", "start_date", "end_date", "page", "app_token", "table_id", "view_id", "client_token")


@dataclass
class CallLog:
    """Numbers calls by endpoint as they arrive; writes their entries when they are answered."""

    entries: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=KEPT))
    arrivals: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)  # calls by month that count against the quota

    @property
    def quota(self) -> int:
        """Calls of all months that count against the tenant's quota."""
        return self.months.total()

    def clear(self) -> None:
        """Forget all calls."""
        self.entries.clear()
        self.arrivals.clear()
        self.months.clear()

    def arrive(self, name: str) -> int:
        """Count a call of the endpoint; returns its number."""
        self.arrivals[name] += 1
        return self.arrivals[name]

    def note(
        self, route: Route[Any], call: Call, reply: Reply | None, *, number: int, at: datetime, ms: float, fault: str
    ) -> None:
        """Write the entry of a call. `reply`: None if the connection was closed instead."""
        if route.metered and reply is not None and reply.status < HTTP_BAD_REQUEST:
            self.months[month_of(at)] += 1
        self.entries.append(
            {
                "endpoint": route.name,
                "n": number,
                "method": call.method,
                "path": route.path,
                "status": reply.status if reply else None,
                "code": reply.code if reply else None,
                "ms": round(ms, 2),
                "at": at.isoformat(timespec="milliseconds"),
                "fault": fault or None,
                "about": {name: call.arguments[name] for name in SHOWN if name in call.arguments},
                "rows": _rows(call),
            }
        )


def month_of(moment: datetime) -> str:
    """The month in which a call counts: the calendar's, Asia/Shanghai."""
    return f"{moment:%Y-%m}"


def _rows(call: Call) -> int | None:
    try:
        document = call.document
    except ValueError:
        return None
    records = document.get("records") if isinstance(document, dict) else None
    return len(records) if isinstance(records, list) else None
