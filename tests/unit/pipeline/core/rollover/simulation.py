"""1,100 mornings of a table: rows come, are counted, a successor is foretold and made."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from pipeline.core.rollover.forecast import NOTHING, foretold, rows_a_day, usable
from pipeline.core.rollover.split import Split

DAYS = 1_100
DAY = timedelta(days=1)
BEGIN = date(2026, 3, 10)
FESTIVALS = (date(2027, 2, 5), date(2028, 1, 25), date(2029, 2, 12))  # the eves of Spring Festival
LATE_DAYS = 30  # back, to which rows still come
PREPARE_DAYS = 14


@dataclass
class World:
    """What the accounts do.

    Attributes:
        rows: Of a usual day at the beginning.
        growth: Of a year, such as 0.5.
        late: The share of a day's rows that come for one of the 30 days before, too.
        held: Rows that the table has at the beginning.
    """

    rows: int
    cap: int
    split: Split = Split.AUTO
    growth: float = 0.4
    late: float = 0.01
    held: int = 0
    seed: int = 0


@dataclass
class Made:
    """A table: its first day, its rows, their counts, and how its successor was foretold, by the day of telling."""

    first: date
    rows: int = 0
    counts: dict[date, int] = field(default_factory=dict)
    told: dict[date, date | None] = field(default_factory=dict)
    lasted: dict[date, float] = field(default_factory=dict)  # days that its room lasted by its growth, by the day


class Life:
    """The tables of a world, played to the end."""

    def __init__(self, world: World) -> None:
        self.world, self.random = world, Random(world.seed)  # noqa: S311
        self.tables = [Made(BEGIN, rows=world.held)]
        self.announced: date | None = None
        self.loaded = BEGIN - DAY
        self.quiet = {BEGIN + self.random.randrange(DAYS) * DAY for _ in range(3)}
        self.jump = BEGIN + self.random.randrange(20, 300) * DAY
        for today in (BEGIN + n * DAY for n in range(1, DAYS + 1)):
            if self.random.random() > 0.02 or (today - self.loaded).days > 3:  # the server is off on some mornings
                self.morning(today)

    def morning(self, today: date) -> None:
        """Load what is owed up to yesterday, count, and foretell."""
        newest = today - DAY
        if self.announced and newest >= self.announced:
            self.tables.append(Made(self.announced))
            self.announced = None
        of_day = 0
        while self.loaded < newest:
            self.loaded += DAY
            of_day = self.rows_of(self.loaded)
            self.table_of(self.loaded).rows += of_day
            self.come_late(self.loaded, of_day)
        self.backfill(today)
        for table in self.tables[-2:]:
            table.counts[today] = table.rows
        self.foretell(today, of_day)

    def foretell(self, today: date, of_day: int) -> None:
        """Foretell as the product does, and note it."""
        table, before = self.tables[-1], self.tables[-2].counts if len(self.tables) > 1 else NOTHING
        world = self.world
        self.announced = foretold(
            self.announced,
            world.split,
            table.counts,
            world.cap,
            of_day,
            coming=self.loaded + DAY,
            today=today,
            before=before,
        )
        table.told[today] = self.announced
        pace = rows_a_day(table.counts, of_day, before)
        table.lasted[today] = (usable(world.cap) - table.rows) / pace if pace else DAYS

    def rows_of(self, day: date) -> int:
        """The rows of a day: growth, weekends, quiet months, festivals and what follows them, and noise."""
        rows: float = self.world.rows * (1 + self.world.growth) ** ((day - BEGIN).days / 365)
        rows *= 0.8 if day.weekday() >= 5 else 1.0
        rows *= 0.4 if any(0 <= (day - quiet).days < 30 for quiet in self.quiet) else 1.0
        for eve in FESTIVALS:
            since = (day - eve).days
            rows *= 0.1 if 0 <= since < 8 else 1.7 if 8 <= since < 11 else 1.0
        return round(rows * self.random.uniform(0.85, 1.15))

    def come_late(self, day: date, of_day: int) -> None:
        """Add rows of earlier days, each to the table of its day."""
        share = of_day * self.world.late
        ages = Counter(self.random.randint(1, LATE_DAYS) for _ in range(int(share + self.random.random())))
        for ago, rows in ages.items():
            self.table_of(day - ago * DAY).rows += rows

    def backfill(self, today: date) -> None:
        """Add a jump of rows once; one that does not fit is refused before it is written."""
        rows = 8 * self.world.rows
        if today >= self.jump and self.tables[-1].rows + rows <= usable(self.world.cap):
            self.tables[-1].rows += rows
            self.jump = date.max

    def table_of(self, day: date) -> Made:
        """The table that holds a day."""
        return next((table for table in reversed(self.tables) if table.first <= day), self.tables[0])
