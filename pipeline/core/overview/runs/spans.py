"""Events of a run as spans: each try at a step, with its time and what it spent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS

QUEUE, TROUBLE = "queue", "trouble"  # before the first step; an unforeseen error of one
BEGINS: Mapping[str, str] = {"fetching": FETCH, "loading": LOAD, "verifying": VERIFY}
ENDS: Mapping[str, str] = {
    "table_read": READ,
    "fetched": FETCH,
    "postponed": FETCH,
    "loaded": LOAD,
    "verified": VERIFY,
    "views_checked": VIEWS,
    "finished": FINISH,
    "broke": TROUBLE,
    "gave_up": TROUBLE,
}
_SPENT = ("event", "at", "batch", "account", "ms", "calls", "retries", "waited_ms", "locked_ms")
Event = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One try at a step, in ms since the first event.

    Attributes:
        event: The event that ended it; that which began it while it is under way.
        took_ms: By the step's own clock; `None` if it did not say.
        ended_ms: `None` while it is under way.
        calls: By endpoint.
        waited_ms: For the rate limiter, within the time it took.
        locked_ms: For the writer lock, the same.
        facts: What else the event says, such as rows and reason.
    """

    event: str
    step: str
    began_ms: int
    ended_ms: int | None
    batch: int | None = None
    account_id: str = ""
    took_ms: int | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    waited_ms: int = 0
    locked_ms: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    def until(self, now_ms: int) -> int:
        """When it ended, or `now_ms` while it is under way."""
        return max(self.began_ms, now_ms) if self.ended_ms is None else self.ended_ms


def spans_of(events: Sequence[Event]) -> list[Span]:
    """Each try at a step, in the order in which they ended; those under way come last."""
    first_ms = int(events[0]["at"]) if events else 0
    begun: dict[tuple[str, str, str], Span] = {}
    found: list[Span] = []
    for event in events:
        at_ms = int(event["at"]) - first_ms
        if step := BEGINS.get(event["event"]):
            begun[_place(event, step)] = _span(event, step, at_ms, None)
        elif step := ENDS.get(event["event"]):
            before = begun.pop(_place(event, step), None)
            took_ms = int(event["ms"]) if "ms" in event else None
            began_ms = max(0, at_ms - took_ms) if took_ms is not None else before.began_ms if before else at_ms
            found.append(_span(event, step, began_ms, at_ms))
    return [*found, *begun.values()]


def _place(event: Event, step: str) -> tuple[str, str, str]:
    return step, event.get("batch", ""), event.get("account", "")


def _span(event: Event, step: str, began_ms: int, ended_ms: int | None) -> Span:
    return Span(
        event=event["event"],
        step=step,
        began_ms=began_ms,
        ended_ms=ended_ms,
        batch=int(event["batch"]) if "batch" in event else None,
        account_id=event.get("account", ""),
        took_ms=int(event["ms"]) if "ms" in event else None,
        calls=_told_calls(event.get("calls", "")),
        retries=int(event.get("retries", 0)),
        waited_ms=int(event.get("waited_ms", 0)),
        locked_ms=int(event.get("locked_ms", 0)),
        facts={name: value for name, value in event.items() if name not in _SPENT},
    )


def _told_calls(told: str) -> dict[str, int]:
    """Calls by endpoint, from the words of a tally."""
    pairs = (one.rpartition(" ") for one in told.split(", ") if one)
    return {name: int(count) for name, _, count in pairs if count.isdecimal()}


def calls_of(spans: Iterable[Span]) -> dict[str, int]:
    """The calls of some spans together, by endpoint."""
    total: Counter[str] = Counter()
    for span in spans:
        total.update(span.calls)
    return dict(sorted(total.items()))
