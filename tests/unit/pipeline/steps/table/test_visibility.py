"""When loading stops since rows cannot be seen, and what a table must hold."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain, alone
from pipeline.core.coverage.day import UNKNOWN, Loaded
from pipeline.core.errors import TableUnseen
from pipeline.core.model import Account
from pipeline.core.table.column_changes import ColumnField
from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.table.visibility import holds_rows, refuse_empty, refuse_lost_keys, require_visibility
from tests.chains import chained
from tests.unit.pipeline.core.tables import DAY, layout

NOW = datetime(2026, 2, 2, 7, tzinfo=UTC)
ACCOUNTS = [Account("18", "城东店")]
REBUILT = Loaded(3, "1.00", UNKNOWN, NOW - timedelta(hours=2))  # taken over from 同步状态


@dataclass
class Remembered:
    """What a context remembers of a table, and stops."""

    was_seen: bool = False
    stopped: VisibilityLost | None = None
    accepted: datetime | None = None
    days: dict[date, Loaded] = field(default_factory=dict)
    chain: Chain = field(default_factory=lambda: alone("tblA"))
    fields: dict[str, ColumnField] = field(default_factory=dict)

    def context(self) -> Context:
        visibility = SimpleNamespace(
            seen=lambda: self.was_seen,
            lost=lambda: self.stopped,
            emptied=lambda: self.accepted,
            learn_lost=lambda lost: setattr(self, "stopped", lost),
        )
        days = {day.isoformat(): one for day, one in self.days.items()}
        made = SimpleNamespace(
            visibility=visibility,
            table_facts=SimpleNamespace(columns=lambda: self.fields),
            coverage=SimpleNamespace(of=lambda _: days),
            shared_now=lambda: NOW,
            chain=self.chain,
            settings=SimpleNamespace(bitable_table_id=self.chain.newest.table_id),
        )
        return cast("Context", made)


def base(filled: int) -> Base:
    """A base whose table has so many rows with a filled key."""
    return cast("Base", SimpleNamespace(records=lambda: SimpleNamespace(count=lambda _: filled)))


def test_nothing_is_written_while_loading_is_stopped() -> None:
    with pytest.raises(TableUnseen, match="lost"):
        require_visibility(Remembered(stopped=VisibilityLost("the permission may be lost")).context())
    require_visibility(Remembered().context())


@pytest.mark.parametrize(
    ("remembered", "holds"),
    [
        (Remembered(), False),
        (Remembered(was_seen=True), True),
        (Remembered(days={DAY: REBUILT}), True),
        (Remembered(days={DAY: replace(REBUILT, rows=0)}), False),
        (Remembered(days={DAY: REBUILT}, accepted=NOW - timedelta(hours=3)), True),
        (Remembered(days={DAY: REBUILT}, accepted=NOW - timedelta(hours=1)), False),
        (Remembered(days={DAY: replace(REBUILT, as_of=NOW + timedelta(1))}, accepted=NOW - timedelta(1)), False),
        (Remembered(days={DAY: REBUILT}, chain=chained(("tblA", None), ("tblB", DAY))), True),
        (Remembered(days={DAY: REBUILT}, chain=chained(("tblA", None), ("tblB", DAY + timedelta(1)))), False),
    ],
    ids=[
        "new",
        "seen",
        "rebuilt",
        "no rows",
        "loaded after a person accepted it",
        "before that",
        "from the future",
        "rebuilt in its own table",
        "rebuilt in the table before",
    ],
)
def test_a_table_must_hold_rows_that_were_seen_or_loaded(
    remembered: Remembered,
    holds: bool,  # noqa: FBT001 a table
) -> None:
    assert holds_rows(remembered.context(), ACCOUNTS) is holds


@pytest.mark.parametrize("stop", [True, False])
def test_an_empty_table_that_must_hold_rows_stops_loading_but_for_a_dry_run(stop: bool) -> None:  # noqa: FBT001 a table
    table = Remembered(was_seen=True)
    with pytest.raises(TableUnseen):
        refuse_empty(table.context(), ACCOUNTS, stop=stop)
    assert bool(table.stopped) is stop


def test_a_new_table_may_be_empty() -> None:
    table = Remembered()
    refuse_empty(table.context(), ACCOUNTS)
    assert table.stopped is None


def test_an_empty_key_column_that_was_made_again_stops_loading() -> None:
    table = Remembered(was_seen=True, fields={"单元ID": ColumnField("fldOld", "单元ID")})
    with pytest.raises(TableUnseen, match="单元ID"):
        refuse_lost_keys(table.context(), base(0), layout())
    assert table.stopped


@pytest.mark.parametrize(
    ("table", "filled"),
    [
        (Remembered(was_seen=True, fields={"单元ID": ColumnField("fldOld", "单元ID")}), 7),
        (Remembered(was_seen=False, fields={"单元ID": ColumnField("fldOld", "单元ID")}), 0),
        (Remembered(was_seen=True, fields={"单元ID": ColumnField("fld2", "单元ID")}), 0),
        (Remembered(was_seen=True, fields={"转化数": ColumnField("fldOld", "转化数")}), 0),
    ],
    ids=["filled again", "no rows were seen", "the same field", "no key column"],
)
def test_other_columns_do_not_stop_loading(table: Remembered, filled: int) -> None:
    refuse_lost_keys(table.context(), base(filled), layout())
    assert table.stopped is None
