"""The story of a run: its events as spans with times, put together by step and by account."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core.model import Account
from pipeline.core.outcome import AccountResult, DayState, Run, Summary
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
_SPENT = ("event", "at", "batch", "account", "ms", "calls", "retries", "waited_ms")
_IN_ORDER = (QUEUE, READ, FETCH, LOAD, VERIFY, VIEWS, FINISH)
_ACCOUNT_GOOD = ("loaded", "empty")
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
    facts: Mapping[str, str] = field(default_factory=dict)

    def until(self, now_ms: int) -> int:
        """When it ended, or `now_ms` while it is under way."""
        return max(self.began_ms, now_ms) if self.ended_ms is None else self.ended_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One step of a batch, that of all accounts for a fetch."""

    step: str
    batch: int | None
    began_ms: int
    ended_ms: int | None
    accounts: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    waited_ms: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def ms(self) -> int | None:
        """How long it took; `None` while it is under way."""
        return None if self.ended_ms is None else self.ended_ms - self.began_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStory:
    """One account in a run.

    Attributes:
        spans: Its tries at fetching, the oldest first.
        end: What the run's summary says of it; `None` while the run is open.
    """

    account: Account
    spans: tuple[Span, ...] = ()
    end: AccountResult | None = None

    @property
    def bad(self) -> bool:
        """Whether it is in trouble, as far as is known."""
        if self.end:
            return not self.end.state.good and self.end.state != DayState.PARKED
        last = self.last
        return last is not None and last.ended_ms is not None and last.facts.get("state", "") not in _ACCOUNT_GOOD

    @property
    def last(self) -> Span | None:
        """Its newest try."""
        return self.spans[-1] if self.spans else None

    @property
    def ms(self) -> int:
        """From its first try to the end of its last one."""
        ended = [span.ended_ms for span in self.spans if span.ended_ms is not None]
        return max(ended) - self.spans[0].began_ms if ended else 0

    @property
    def calls(self) -> int:
        """Calls of all tries."""
        return sum(sum(span.calls.values()) for span in self.spans)

    @property
    def retries(self) -> int:
        """Repeated calls, and tries after the first of each batch."""
        return sum(span.retries + (span.event == "postponed") for span in self.spans)

    @property
    def waited_ms(self) -> int:
        """For the rate limiter."""
        return sum(span.waited_ms for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A run as it went.

    Attributes:
        phases: In the order of time.
        accounts: Those in trouble first, then the slowest.
        troubles: Unforeseen errors of steps.
        end_ms: The end of the run, or now.
    """

    phases: tuple[Phase, ...]
    accounts: tuple[AccountStory, ...]
    troubles: tuple[Span, ...]
    end_ms: int
    calls: Mapping[str, int]
    retries: int
    waited_ms: int


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


def story_of(run: Run, events: Sequence[Event], end: Summary | None, now_ms: int) -> Story:
    """Put a run's events together.

    Args:
        end: How the run ended, if it did.
        now_ms: Now, by the clock of the events.
    """
    spans = spans_of(events)
    if end:  # what was left without an end was given up
        spans = [span for span in spans if span.ended_ms is not None]
    since_ms = now_ms - int(events[0]["at"]) if events else 0
    last_ms = max((span.ended_ms or 0 for span in spans), default=0)
    return Story(
        phases=tuple(_phases(spans)),
        accounts=tuple(_accounts(run, spans, end)),
        troubles=tuple(span for span in spans if span.step == TROUBLE),
        end_ms=last_ms if end else max(since_ms, last_ms),
        calls=_calls(spans),
        retries=sum(span.retries + (span.event == "postponed") for span in spans),
        waited_ms=sum(span.waited_ms for span in spans),
    )


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
        facts={name: value for name, value in event.items() if name not in _SPENT},
    )


def _told_calls(told: str) -> dict[str, int]:
    """Calls by endpoint, from the words of a tally."""
    pairs = (one.rpartition(" ") for one in told.split(", ") if one)
    return {name: int(count) for name, _, count in pairs if count.isdecimal()}


def _calls(spans: Iterable[Span]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for span in spans:
        total.update(span.calls)
    return dict(sorted(total.items()))


def _phases(spans: Sequence[Span]) -> list[Phase]:
    """The steps of each batch in the order of time, after the time in the queue."""
    groups: dict[tuple[int | None, str], list[Span]] = {}
    for span in spans:
        if span.step != TROUBLE:
            groups.setdefault((span.batch, span.step), []).append(span)
    made = [_phase(step, batch, its) for (batch, step), its in groups.items()]
    ends = [one.ended_ms for one in made if one.ended_ms is not None and one.step != FINISH]
    made = [replace(one, began_ms=_finish_began(one, ends)) if one.step == FINISH else one for one in made]
    first = min((one.began_ms for one in made), default=None)
    queue = Phase(step=QUEUE, batch=None, began_ms=0, ended_ms=first)
    return sorted([queue, *made], key=lambda one: (one.began_ms, _IN_ORDER.index(one.step)))


def _finish_began(finish: Phase, ends: Sequence[int]) -> int:
    """When the last step began: as it says, else when all others had ended."""
    said = finish.began_ms if finish.began_ms != finish.ended_ms else 0
    return said or max(ends, default=finish.began_ms)


def _phase(step: str, batch: int | None, spans: Sequence[Span]) -> Phase:
    open_ = any(span.ended_ms is None for span in spans)
    return Phase(
        step=step,
        batch=batch,
        began_ms=min(span.began_ms for span in spans),
        ended_ms=None if open_ else max(span.ended_ms or 0 for span in spans),
        accounts=len({span.account_id for span in spans if span.account_id}),
        calls=_calls(spans),
        retries=sum(span.retries + (span.event == "postponed") for span in spans),
        waited_ms=sum(span.waited_ms for span in spans),
        facts=spans[-1].facts if step != FETCH else _fetch_facts(spans),
    )


def _fetch_facts(spans: Sequence[Span]) -> dict[str, str]:
    done = [span for span in spans if span.event == "fetched"]
    bad = sum(span.facts.get("state") not in _ACCOUNT_GOOD for span in done)
    return {"rows": str(sum(int(span.facts.get("rows", 0)) for span in done)), "bad": str(bad), "done": str(len(done))}


def _accounts(run: Run, spans: Sequence[Span], end: Summary | None) -> list[AccountStory]:
    tries: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda one: one.began_ms):
        if span.step == FETCH:
            tries.setdefault(span.account_id, []).append(span)
    ends = {one.id: one for one in end.accounts} if end else {}
    told = [AccountStory(account=one, spans=tuple(tries.get(one.id, ())), end=ends.get(one.id)) for one in run.accounts]
    return sorted(told, key=lambda one: (not one.bad, -one.ms, one.account.name))
