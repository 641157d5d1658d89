"""The morning of a roll-over: who acts in it, and what is expected of it at the end."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from pipeline.core.table.columns import TEXT
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin
from tests.chaos.campaign.rig import Ended
from tests.days import Days
from tests.lab import Plain, empty, key_of
from tests.rolled import announced, registry

Way = TypeVar("Way")
NOTE = "备注"  # a column of people


@dataclass
class Scene:
    """What there is before the morning, and how it went on.

    Attributes:
        boundary: The announced first day of the successor.
        new: Its announced name.
        turn: How often this kind of trouble was played with an earlier seed.
        first: The day from which the successor is to hold rows; `None` if there is to be none.
        mended: How often a person may have to mend.
        theirs: The records of tables that people made, by id.
    """

    days: Days
    boundary: date
    new: str
    luck: random.Random
    turn: int
    first: date | None
    notes: dict[str, str]
    mended: Sequence[int] = (0,)
    said: list[Ended] = field(default_factory=list)
    repairs: int = 0
    theirs: dict[str, list[Plain]] = field(default_factory=dict)

    def way(self, ways: Sequence[Way]) -> Way:
        """One way after the other, from seed to seed of the same kind."""
        return ways[self.turn % len(ways)]

    def morning(self) -> Ended:
        """The next day's daily run."""
        self.said.append(self.days.next_morning())
        return self.said[-1]

    def empty_redis(self) -> None:
        """Redis forgets everything."""
        empty(self.days.redis_url)

    def trail(self) -> str:
        """What happened, for who reads why a seed failed."""
        return f"{[_brief(one) for one in self.said]}, {self.repairs} repairs, {registry(self.days)}"

    def rows_of_ours(self) -> list[Plain]:
        """Our cells of the old table's rows."""
        found = [one["fields"] for one in self.days.records() if key_of(one["fields"])]
        return [{name: cell for name, cell in cells.items() if name != NOTE} for cells in found]

    def table_of_a_person(self, name: str, rows: Sequence[Plain], columns: Sequence[str] = ()) -> str:
        """Somebody makes a table with our columns, or with other ones of text, and fills it."""
        ctx = self.days.bare_context()
        ours = [column.new_field for column in ctx.settings.columns]
        wanted = [{"field_name": column, "type": TEXT} for column in columns] or ours
        ctx.base(None).tables.create(name, wanted)
        table_id = str(self.days.table_named(name)["table_id"])
        self.days.control("rows/insert", {"table_id": table_id, "rows": list(rows)})
        self.theirs[table_id] = self.days.records(table_id)
        return table_id


def shortly_before(days: Days, seed: int, kinds: int) -> Scene:
    """The evening before a boundary, with a row and a cell of people's in the old table."""
    told = announced(days)
    assert told
    assert told.first
    ours = next(one["record_id"] for one in days.records() if key_of(one["fields"]))
    days.control("rows/edit", {"table_id": days.table_id, "record_id": ours, "fields": {NOTE: "已核对"}})
    luck = random.Random(seed)  # noqa: S311 reproducible, not secret
    return Scene(days, told.first, told.name, luck, seed // kinds, told.first, notes_of(days))


def notes_of(days: Days) -> dict[str, str]:
    """What people wrote into the old table, by record."""
    return {one["record_id"]: str(one["fields"][NOTE]) for one in days.records() if one["fields"].get(NOTE)}


def by_hand(days: Days) -> Ended:
    """A run by hand."""
    ctx = days.bare_context()
    return Ended(carry_out(ctx, begin(ctx, None, (), dry_run=False).run_id))


def _brief(ended: Ended) -> str:
    if ended.summary is None:
        return str(ended.trouble)
    return f"{ended.summary.run_id} {ended.summary.state} {[trouble.reason for trouble in ended.troubles]}"
