"""What the fetches of a batch brought, and which rows of the table it has to do with."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pipeline.core.model import Account, AccountDay, DayRange, FoundRow, Key, ReportRow, WantedRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.runs.quality import checksum
from pipeline.core.runs.reading import GOOD_FOR
from pipeline.core.runs.source import Fetched, Fetches, concerning

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
ACCOUNT = Account("1780000000000000001", "城东店")
RUN = Run(run_id="run1", day=DAY, days=DayRange(DAY, DAY), accounts=(ACCOUNT,), started_at=NOW, deadline=NOW)
KEY = Key(DAY, "7600000000000000001")
WANTED = WantedRow(key=KEY, account_id=ACCOUNT.id, cells={"消耗(元)": Decimal("1.50"), "备注": None})
FOUND = FoundRow("rec1", DAY, KEY.item_id, "改名前", Decimal("1.50"), {"消耗(元)": Decimal("1.50")})


def test_a_batch_has_to_do_with_the_rows_of_its_keys_and_of_its_accounts_alone() -> None:
    by_account = replace(FOUND, record_id="rec2", item_id="", account_name=ACCOUNT.name)
    foreign = replace(FOUND, record_id="rec3", item_id="7600000000000000002", account_name="城西店")
    assert [row.record_id for row in concerning(RUN, [WANTED], [FOUND, by_account, foreign])] == ["rec1", "rec2"]


def test_the_cells_of_a_row_that_is_right_are_not_held_twice() -> None:
    (same,) = concerning(RUN, [WANTED], [FOUND])
    assert same.cells is WANTED.cells


def test_a_row_that_differs_keeps_its_own_cells() -> None:
    other = replace(FOUND, cells={"消耗(元)": Decimal("1.40")})
    assert concerning(RUN, [WANTED], [other]) == [other]


AT = AccountDay(ACCOUNT.id, DAY)
ROW = ReportRow(ACCOUNT.id, DAY, KEY.item_id, "团购", {"stat_cost": Decimal("1.50")})


def fetched(state: DayState = DayState.LOADED, as_of: datetime = NOW) -> Fetched:
    days = (DayOutcome(day=DAY, state=state, rows=1, cost=ROW.cost),)
    outcome = FetchOutcome(account_id=ACCOUNT.id, days=days, rows=1, checksum=checksum([ROW]), as_of=as_of)
    return Fetched(outcome, (ROW,))


def test_a_fetch_is_whole_only_with_the_rows_that_its_outcome_speaks_of() -> None:
    whole = fetched()
    assert whole.whole
    assert not replace(whole, rows=()).whole
    assert not replace(whole, rows=(replace(ROW, item_name="别的"),)).whole


def test_rows_fetched_for_other_columns_lack_metrics() -> None:
    assert fetched().has(["stat_cost"])
    assert not fetched().has(["stat_cost", "convert_cnt"])


def test_a_reading_is_too_old_to_be_written_after_a_day() -> None:
    old = fetched(as_of=NOW - GOOD_FOR - timedelta(seconds=1))
    assert Fetches((old,), ()).stale(NOW) == (ACCOUNT.id,)
    assert Fetches((fetched(),), ()).stale(NOW) == ()


def test_a_day_that_could_not_be_read_has_no_time_of_reading() -> None:
    assert Fetches((fetched(),), ()).read_at() == {AT: NOW}
    assert Fetches((fetched(DayState.FAILED),), ()).read_at() == {}


def test_a_digest_is_comparable_only_with_one_of_the_same_metrics() -> None:
    source, other = (Fetches((fetched(),), metrics).source([AT]) for metrics in (("stat_cost",), ("convert_cnt",)))
    assert source.comparable(source.digests[AT])
    assert not source.comparable(other.digests[AT])


def test_the_cost_of_a_day_without_rows_is_zero() -> None:
    source = Fetches((fetched(),), ("stat_cost",)).source([AT, AccountDay(ACCOUNT.id, date(2026, 2, 10))])
    assert list(source.costs.values()) == [Decimal("1.50"), Decimal(0)]
