"""The story of a run: the spans of its events, put together by step and by account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.overview.runs.progress import Progress
from pipeline.core.overview.runs.spans import QUEUE, TROUBLE, Event, Span, calls_of, spans_of
from pipeline.core.overview.runs.tables import named_tables, tables_of_batches
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS
from pipeline.core.tables.ends import ends, is_named, table_name

_IN_ORDER = (QUEUE, READ, FETCH, LOAD, VERIFY, FINISH, VIEWS)
_AT_THE_END = (FINISH, VIEWS)
_ACCOUNT_GOOD = ("loaded", "empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One step of a batch, that of all accounts for a fetch; `table` is named if the run is in several."""

    step: str
    batch: int | None
    table: str = ""
    began_ms: int
    ended_ms: int | None
    accounts: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    waited_ms: int = 0
    locked_ms: int = 0
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
        trouble: What befell it, while the run is open.
        table: The table that its rows go into, named if the run is in several.
    """

    account: Account
    table: str = ""
    spans: tuple[Span, ...] = ()
    end: AccountResult | None = None
    trouble: Trouble | None = None

    @property
    def bad(self) -> bool:
        """Whether it is in trouble, as far as is known."""
        if self.end:
            return not self.end.state.good and self.end.state != DayState.PARKED
        return self.failed is not None

    @property
    def last(self) -> Span | None:
        """Its newest try."""
        return self.spans[-1] if self.spans else None

    @property
    def failed(self) -> Span | None:
        """The newest fetch that failed for good; each batch has its own."""
        return next((span for span in reversed(self._fetched) if span.facts.get("state") not in _ACCOUNT_GOOD), None)

    @property
    def rows(self) -> int:
        """Rows that were fetched so far."""
        return sum(int(span.facts.get("rows", 0)) for span in self._fetched)

    @property
    def cost(self) -> Decimal:
        """消耗 in 元 of these rows."""
        return sum((Decimal(span.facts.get("cost", 0)) for span in self._fetched), ZERO)

    @property
    def known_rows(self) -> int | None:
        """Rows of all its days; `None` while nothing of them was read, or if nothing could be."""
        if self.end:
            return self.end.window_rows if self.end.state.good or self.end.window_rows else None
        return self.rows if self._fetched and (self.rows or not self.bad) else None

    @property
    def known_cost(self) -> Decimal:
        """消耗 in 元 of these rows."""
        return self.end.window_cost if self.end else self.cost

    @property
    def _fetched(self) -> list[Span]:
        return [span for span in self.spans if span.event == "fetched"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTold:
    """One run as its page shows it.

    Attributes:
        accounts: `count` in all, `bad` of them in trouble; `skipped` of them come before these.
        troubles: Each kind once, and the names that it concerns; none of a trouble of the whole run.
        progress: `None` once it has ended.
        seconds: How long it took, or goes on.
    """

    run: Run
    state: RunState
    end: Summary | None
    story: Story
    accounts: tuple[AccountStory, ...]
    skipped: int
    count: int
    bad: int
    troubles: tuple[tuple[Trouble, tuple[str, ...]], ...]
    progress: Progress | None
    seconds: float


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
        phases=tuple(replace(one, table=_table(run, one)) for one in _phases(spans)),
        accounts=tuple(_accounts(run, spans, end)),
        troubles=tuple(span for span in spans if span.step == TROUBLE),
        end_ms=last_ms if end else max(since_ms, last_ms),
        calls=calls_of(spans),
        retries=sum(span.retries + (span.event == "postponed") for span in spans),
        waited_ms=sum(span.waited_ms for span in spans),
    )


def _phases(spans: Sequence[Span]) -> list[Phase]:
    """The steps of each batch in the order of time, after the time in the queue."""
    groups: dict[tuple[int | None, str, str], list[Span]] = {}
    for span in spans:
        if span.step != TROUBLE:
            groups.setdefault((span.batch, span.step, span.facts.get("table", "")), []).append(span)
    made = [_phase(step, batch, its) for (batch, step, _), its in groups.items()]
    ends = [one.ended_ms for one in made if one.ended_ms is not None and one.step not in _AT_THE_END]
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
        calls=calls_of(spans),
        retries=sum(span.retries + (span.event == "postponed") for span in spans),
        waited_ms=sum(span.waited_ms for span in spans),
        locked_ms=sum(span.locked_ms for span in spans),
        facts=spans[-1].facts if step != FETCH else _fetch_facts(spans),
    )


def _fetch_facts(spans: Sequence[Span]) -> dict[str, str]:
    done = [span for span in spans if span.event == "fetched"]
    bad = sum(span.facts.get("state") not in _ACCOUNT_GOOD for span in done)
    return {"rows": str(sum(int(span.facts.get("rows", 0)) for span in done)), "bad": str(bad), "done": str(len(done))}


def _table(run: Run, phase: Phase) -> str:
    """The name of a step's table, if the run is in several and it is about one of them."""
    if phase.batch is None or not is_named(run):
        return phase.facts.get("table", "")
    return named_tables(run).get(phase.batch, "")


def _accounts(run: Run, spans: Sequence[Span], end: Summary | None) -> list[AccountStory]:
    """Each account, in each table that holds its rows."""
    batches = tables_of_batches(run)
    tries: dict[tuple[str, str], list[Span]] = {}
    for span in sorted(spans, key=lambda one: one.began_ms):
        if span.step == FETCH:
            table = batches.get(span.batch or 0, run.table)
            tries.setdefault((table, span.account_id), []).append(span)
    results = {(one.table, account.id): account for one in ends(end) for account in one.accounts} if end else {}
    told = [
        AccountStory(
            account=account,
            table=table_name(one.table) if is_named(run) else "",
            spans=tuple(tries.get((one.table, account.id), ())),
            end=results.get((one.table, account.id)),
        )
        for one in (run, *run.further)
        for account in one.accounts
    ]
    return sorted(told, key=lambda one: (not one.bad, -one.ms, one.account.name))
