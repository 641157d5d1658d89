"""What a load did: counted by what was changed, told from what the table refused."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from pipeline.core.model import Account, AccountDay, Key, ReportRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Shift
from pipeline.core.runs.loaded import Written, load_outcome
from pipeline.core.runs.quality import checksum
from pipeline.core.runs.shared_keys import Shared
from pipeline.core.runs.source import Fetched, Fetches, Ready
from pipeline.core.table.diff import Causes, Change
from tests.unit.pipeline.core.tables import layout

DAY, BEFORE = date(2026, 2, 11), date(2026, 2, 10)
SEVEN = datetime(2026, 2, 12, 7, tzinfo=UTC)
EAST = Account("1801", "城东店")
AT = AccountDay(EAST.id, DAY)
METRICS = ("stat_cost", "convert_cnt", "conversion_cost", "clue_pay_order_cnt")
ROWS = tuple(
    ReportRow(EAST.id, DAY, promotion, "团购", dict.fromkeys(METRICS, Decimal(5))) for promotion in ("p1", "p2", "p3")
)
OUTCOME = FetchOutcome(
    account_id=EAST.id,
    days=(DayOutcome(day=DAY, state=DayState.LOADED, rows=3, cost=Decimal(15)),),
    rows=3,
    checksum=checksum(ROWS),
    as_of=SEVEN,
)
SOURCE = Fetches((Fetched(OUTCOME, ROWS),), METRICS).source([AT])
LAYOUT = layout(typed=True)
NO_CAUSE = Causes((), 0, 0)
WORK = Written(
    wanted=[LAYOUT.want(row, EAST) for row in ROWS],
    layout=LAYOUT,
    done={},
    refused={},
    shared=Shared(),
    ready=Ready(SOURCE, {AT: SEVEN}, frozenset(), ()),
    days=[DAY],
    fields=12,
)


def changed(promotion: str, *, created: bool = False) -> Change:
    return Change(key=Key(DAY, promotion), account_id=EAST.id, created=created, old={}, new={})


def done(*changes: Change) -> dict[Key, Change]:
    return {change.key: change for change in changes}


def test_rows_are_created_updated_or_left_as_they_are() -> None:
    work = replace(WORK, done=done(changed("p1", created=True), changed("p2")))
    outcome = load_outcome(work, NO_CAUSE, {}, [])
    assert (outcome.created, outcome.updated, outcome.unchanged) == (1, 1, 1)


def test_a_row_that_the_table_refuses_is_neither_changed_nor_unchanged() -> None:
    work = replace(WORK, done=done(changed("p1", created=True)), refused={Key(DAY, "p1"): "不是数字"})
    outcome = load_outcome(work, NO_CAUSE, {}, [])
    assert (outcome.created, outcome.unchanged) == (0, 2)
    assert [(one.rows, one.promotions, one.why) for one in outcome.refused] == [(1, ("p1",), "不是数字")]


def test_a_restated_day_tells_its_cost_before_and_after() -> None:
    outcome = load_outcome(WORK, Causes((AT,), 0, 0), {AT: Decimal("14.00")}, [])
    assert outcome.shifts == (Shift(account_id=EAST.id, day=DAY, before=Decimal("14.00"), after=Decimal(15)),)


def test_edits_and_deletions_by_hand_are_told_after_changed_columns() -> None:
    told = load_outcome(WORK, Causes((), 2, 1), {}, ["列已改名"]).warnings
    assert told == ("列已改名", "2 行被人工改动，已恢复为数据源的值", "1 行曾被人工删除，已重新写入")


def test_days_that_were_read_later_are_among_the_days_and_named_as_outdated() -> None:
    outdated = AccountDay(EAST.id, BEFORE)
    work = replace(WORK, ready=replace(WORK.ready, outdated=frozenset([outdated])))
    outcome = load_outcome(work, NO_CAUSE, {}, [])
    assert (outcome.days, outcome.outdated) == ((BEFORE, DAY), (outdated,))
