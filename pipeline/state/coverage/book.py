"""The book of days: what is known of each account on each day in a table."""

from collections.abc import Iterable, Iterator
from itertools import islice

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.model import AccountDay, DayRange
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes

ACCOUNTS_AT_ONCE = 100  # so that few days of many accounts are in memory together


class DayBook:
    """Joins what is loaded with how the last readings ended."""

    def __init__(self, coverage: Coverage, last_outcomes: LastOutcomes) -> None:
        self._coverage, self._last_outcomes = coverage, last_outcomes

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, DayCoverage]:
        """What is known of these accounts on these days; a day of which nothing is known is absent."""
        wanted = list(places)
        loaded, last = self._coverage.at(wanted), self._last_outcomes.at(wanted)
        return {at: DayCoverage(loaded.get(at), last.get(at)) for at in wanted if at in loaded or at in last}

    def of(self, account_ids: Iterable[str], days: DayRange) -> Iterator[tuple[AccountDay, DayCoverage]]:
        """The same of many accounts, some at a time."""
        left = iter(account_ids)
        while some := list(islice(left, ACCOUNTS_AT_ONCE)):
            yield from self.at(AccountDay(account_id, day) for account_id in some for day in days).items()
