"""Read the list of runs: the newest first, as far as it takes to find what is wanted."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from pipeline.context import Context
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.overview.runs.lines import RunAndEnd, RunLine, RunPage, Wanted, line_of
from pipeline.steps.runs.alive import state_without_end

SHOWN = 50  # runs of a page
READ_AT_ONCE = 50  # runs in one round trip: without lines, of 1,000 accounts each, these are 15 MB
SEARCHED = 500  # runs that are read for one page
SEARCHED_ACCOUNTS = 25_000  # and accounts of plans that are read for it
PLANS_AT_ONCE = 10  # where the accounts of each run are looked at
IDS_AT_ONCE = 500


def state_of(ctx: Context, run: Run, end: Summary | None) -> RunState:
    """The state of a run by its end, or without one."""
    return end.state if end else state_without_end(ctx, run)


def matching(ctx: Context, wanted: Wanted, lost: list[str], at_once: int) -> Iterator[RunAndEnd]:
    """The wanted runs, the newest first; the ledger is read as far as needed.

    Args:
        lost: Collects the ids of unreadable runs.
        at_once: How many runs are read in one round trip.
    """
    for run_ids in pages(ctx.ledger.newest, at_once):
        candidates = [run_id for run_id in run_ids if wanted.may_hold(run_id)]
        found = ctx.ledger.overview(candidates)
        lost += sorted({*candidates} - {run.run_id for run, _ in found})
        for run, end in found:
            if wanted.holds(run, state_of(ctx, run, end)):
                yield run, end


def pages(newest: Callable[[int, int], list[str]], size: int, after: int = 0) -> Iterator[list[str]]:
    """Ids of runs, the newest first, each once even if a run begins meanwhile, skipping the `after` newest."""
    seen: set[str] = set()
    while page := newest(size, after):
        after += len(page)
        if new := [run_id for run_id in page if run_id not in seen]:
            yield new
        seen.update(page)
        if len(page) < size:
            return


def page_of(ctx: Context, wanted: Wanted, after: int = 0) -> RunPage:
    """One page of the list: at most `SHOWN` wanted runs, found among the next `SEARCHED`.

    Args:
        after: How many of the newest runs are skipped.
    """
    look = _Look(ctx, wanted, after)
    look.search()
    count = ctx.ledger.count()
    return RunPage(
        lines=tuple(look.lines),
        lost=tuple(look.lost),
        after=after,
        older=look.at if look.at < count and not look.exhausted else None,
        oldest=look.oldest,
        count=count,
    )


class _Look:
    """The search for one page.

    Attributes:
        at: How many of the newest runs are dealt with.
        exhausted: Whether no older run is left.
    """

    def __init__(self, ctx: Context, wanted: Wanted, after: int) -> None:
        self._ctx, self._wanted, self.at = ctx, wanted, after
        self.lines: list[RunLine] = []
        self.lost: list[str] = []
        self.oldest: datetime | None = None
        self.exhausted = False
        self._without: set[str] = set()  # the wanted account
        self._read = self._accounts = 0

    def search(self) -> None:
        """Read runs until the page is full, enough was read, or none is left."""
        left, at_once = self._candidates(), READ_AT_ONCE if self._wanted.account is None else PLANS_AT_ONCE
        while not self.exhausted and self._goes_on():
            places = dict(islice(left, at_once))
            self.exhausted = len(places) < at_once
            self._take(places)

    def _goes_on(self) -> bool:
        return len(self.lines) < SHOWN and self._read < SEARCHED and self._accounts < SEARCHED_ACCOUNTS

    def _candidates(self) -> Iterator[tuple[str, int]]:
        """Ids of runs that may be wanted, and how many runs are dealt with after each."""
        after = self.at
        while run_ids := self._ctx.ledger.newest(IDS_AT_ONCE, after):
            for run_id in run_ids:
                after += 1
                if self._wanted.may_hold(run_id):
                    yield run_id, after
            if len(run_ids) < IDS_AT_ONCE:
                return

    def _take(self, places: Mapping[str, int]) -> None:
        found = self._lines(list(places))
        self.lost += sorted(places.keys() - found.keys())
        self._read += len(places)
        for run_id, place in places.items():
            if len(self.lines) == SHOWN:
                self.exhausted = False
                return
            self.at = place
            if line := found.get(run_id):
                self.oldest = line.started_at
                self.lines += [line] * (self._wanted.holds_line(line) and run_id not in self._without)

    def _lines(self, run_ids: list[str]) -> dict[str, RunLine]:
        """The lines of runs; of one that has none kept, made of its plan and its end."""
        kept = self._ctx.ledger.lines(run_ids)
        others = self._ctx.ledger.overview([one for one in run_ids if one not in kept])
        made = {run.run_id: line_of(run, end, state_of(self._ctx, run, end)) for run, end in others}
        runs = [run for run, _ in others]
        if self._wanted.account is not None:
            runs += self._ctx.ledger.plans([one for one, line in kept.items() if self._wanted.holds_line(line)])
            self._without = {run.run_id for run in runs if not self._wanted.has_account(run)}
        self._accounts += sum(len(run.accounts) for run in runs)
        return kept | made
