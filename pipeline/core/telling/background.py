"""What a run's card says besides how the run ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from pipeline.core.coverage.aftermath import Aftermath, TableEnd
from pipeline.core.coverage.history import Figures
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Summary
from pipeline.core.telling.other_tables import OtherTable
from pipeline.core.telling.recovery import Recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Facts for the card; it can be made without any of them."""

    history: Mapping[AccountDay, Figures] = field(default_factory=dict)
    after: Aftermath | None = None  # what the table has of the run's day
    now: datetime | None = None  # when the card is made
    recoveries: tuple[Recovery, ...] = ()
    unheard: tuple[Summary, ...] = ()  # earlier runs whose news is on no card, the newest first
    alerts: tuple[str, ...] = ()  # what is out of the ordinary, a sentence each
    table_url: str | None = None
    further: tuple[TableEnd, ...] = ()  # how the run ended in further tables
    several: bool = False  # whether there are further tables, in this run or not
    others: tuple[OtherTable, ...] = ()  # tables besides that one that hold days of the run
    settle_at: time = time(10, 35)  # Asia/Shanghai: when figures of the day before are read once more
    clock_offset_s: float = 0
