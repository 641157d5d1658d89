"""Whether rows that must be in the table can be read there."""

from collections import Counter
from collections.abc import Iterable

from pipeline.core.model import AccountDay
from pipeline.core.read_back import DayAgreement
from pipeline.core.table.diff import Change


def hidden_rows(agreements: Iterable[DayAgreement], changes: Iterable[Change]) -> dict[AccountDay, int]:
    """Rows that a load created and none of which reads back, counted by account and day in order.

    Where only some are missing, a person may have deleted them.
    """
    created = Counter(change.at for change in changes if change.created)
    missing = {one.at: one.missing for one in agreements if one.missing}
    return {at: created[at] for at in sorted(created) if missing.get(at, 0) >= created[at]}
