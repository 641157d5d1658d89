from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import Trouble
from pipeline.core.model import (
    AccountDay,
    Cell,
    DayRange,
    FoundRow,
    Key,
    ReportRow,
    TokenPair,
    WantedRow,
    blocks,
    by_account,
    by_key,
    china_day,
    grouped,
)
from pipeline.core.outcome import AccountResult, DayOutcome, DayState, FetchOutcome, RunState, Summary
from pipeline.core.read_back import DayAgreement

DAY = date(2026, 2, 1)
KEY = Key(DAY, "7300000000000000001")
MORNING = datetime(2026, 2, 2, 7, 0, tzinfo=UTC)


def found(
    record_id: str = "rec1",
    *,
    cells: Mapping[str, Cell] | None = None,
    day: date | None = DAY,
    item_id: str = KEY.item_id,
    created_ms: int = 0,
) -> FoundRow:
    return FoundRow(record_id, day, item_id, "青岛店", Decimal(0), cells or {}, created_ms=created_ms)


def report(metrics: Mapping[str, Decimal]) -> ReportRow:
    return ReportRow("18", DAY, KEY.item_id, "团购", metrics)


def trouble(*, reason: str = "server_trouble", needs_person: bool = False) -> Trouble:
    return Trouble(reason=reason, message="x", what_to_do="等。", needs_person=needs_person)


def summary(*accounts: AccountResult, run: Trouble | None = None) -> Summary:
    return Summary(
        run_id="daily-2026-02-01",
        state=RunState.PARTIAL,
        day=DAY,
        days=DayRange(DAY, DAY),
        accounts=accounts,
        trouble=run,
        started_at=MORNING,
        ended_at=MORNING,
    )


def account(of: Trouble | None) -> AccountResult:
    return AccountResult(
        id="18",
        name="青岛店",
        state=DayState.FAILED,
        rows=0,
        cost=Decimal(0),
        window_rows=0,
        window_cost=Decimal(0),
        trouble=of,
    )


def test_the_words_for_a_run_are_those_of_the_design() -> None:
    assert [str(s) for s in RunState] == ["running", "success", "partial", "failed", "interrupted"]


def test_the_words_for_an_account_day_are_those_of_the_design() -> None:
    assert [str(s) for s in DayState] == ["loaded", "empty", "incomplete", "failed", "missing", "parked", "open"]


def test_only_loaded_and_empty_days_owe_nothing() -> None:
    assert {state for state in DayState if state.good} == {DayState.LOADED, DayState.EMPTY}


def test_only_failed_and_missing_days_have_nothing_to_write_or_compare() -> None:
    failed = {state for state in DayState if DayOutcome(day=DAY, state=state).failed}
    assert failed == {DayState.FAILED, DayState.MISSING}


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2026, 2, 1), date(2026, 2, 1), 1),  # 1 - 1 + 1
        (date(2026, 2, 1), date(2026, 2, 7), 7),  # 7 - 1 + 1
        (date(2026, 1, 30), date(2026, 2, 2), 4),  # 30, 31, 1, 2
        (date(2024, 2, 28), date(2024, 3, 1), 3),  # 28, 29, 1
        (date(2025, 12, 31), date(2026, 1, 1), 2),  # 31, 1
    ],
)
def test_a_range_counts_both_of_its_ends(first: date, last: date, days: int) -> None:
    assert len(DayRange(first, last)) == days
    assert next(iter(DayRange(first, last))) == first
    assert [*DayRange(first, last)][-1] == last


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2026-02-02 \.\. 2026-02-01"):
        DayRange(date(2026, 2, 2), date(2026, 2, 1))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_a_range_walks_each_of_its_days_once_and_no_other(first: date, more: int) -> None:
    days = DayRange(first, first + timedelta(days=more))
    walked = list(days)
    assert len(walked) == len(set(walked)) == len(days) == more + 1
    assert walked == sorted(walked)
    assert all(day in days for day in walked)
    assert walked[0] - timedelta(days=1) not in days
    assert walked[-1] + timedelta(days=1) not in days


def test_a_range_does_not_contain_the_text_of_a_day() -> None:
    assert DAY.isoformat() not in DayRange(DAY, DAY)


@given(st.sets(st.integers(0, 200), min_size=1), st.integers(1, 40))
def test_blocks_of_days_hold_every_day_once_and_are_not_too_long(numbers: set[int], longest: int) -> None:
    days = {DAY + timedelta(days=number) for number in numbers}
    made = list(blocks(days, longest))
    assert all(len(block) <= longest and {block.first, block.last} <= days for block in made)
    assert all(sum(day in block for block in made) == 1 for day in days)


def test_without_days_there_is_no_block() -> None:
    assert list(blocks([], 30)) == []
    assert list(blocks([DAY], 30)) == [DayRange(DAY, DAY)]


def test_the_key_of_a_row_is_its_day_and_its_promotion() -> None:
    assert report({"stat_cost": Decimal(1)}).key == Key(DAY, KEY.item_id)
    assert found().key == KEY


def test_the_cost_of_a_row_is_its_stat_cost() -> None:
    assert report({"stat_cost": Decimal("118.36"), "convert_cnt": Decimal(2)}).cost == Decimal("118.36")


def test_a_row_without_a_cost_is_not_taken_for_a_cheap_one() -> None:
    with pytest.raises(KeyError):
        _ = report({"convert_cnt": Decimal(2)}).cost


@pytest.mark.parametrize(("day", "item_id"), [(None, KEY.item_id), (DAY, ""), (None, "")])
def test_a_row_without_a_day_or_without_an_id_has_no_key(day: date | None, item_id: str) -> None:
    assert found(day=day, item_id=item_id).key is None


def test_rows_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        found().record_id = "rec2"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (Decimal("118.36"), Decimal("118.36")),
        (Decimal("118.30"), Decimal("118.3")),
        (Decimal(0), Decimal("0.00")),
        ("团购", "团购"),
        ("", None),
        (None, ""),
        (None, None),
        ("", ""),
        (DAY, DAY),
    ],
)
def test_cells_that_mean_the_same_do_not_differ(wanted: Cell, there: Cell) -> None:
    assert WantedRow(KEY, "18", {"列": wanted}).differing(found(cells={"列": there})) == ()


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (Decimal("118.36"), Decimal("118.37")),
        (Decimal(0), None),  # a zero that was never written is not there
        (Decimal(0), ""),
        (None, Decimal(0)),
        (Decimal(1), "1"),
        ("团购", "团购 "),
        ("团购", None),
        (None, "团购"),
        (DAY, date(2026, 2, 2)),
        (DAY, "2026-02-01"),
    ],
)
def test_cells_that_mean_something_else_differ(wanted: Cell, there: Cell) -> None:
    assert WantedRow(KEY, "18", {"列": wanted}).differing(found(cells={"列": there})) == ("列",)


def test_an_absent_cell_differs_from_a_figure() -> None:
    assert WantedRow(KEY, "18", {"列": Decimal(1)}).differing(found()) == ("列",)


def test_only_our_own_columns_are_compared() -> None:
    row = WantedRow(KEY, "18", {"消耗(元)": Decimal(1), "转化数": Decimal(2)})
    there = found(cells={"消耗(元)": Decimal(9), "转化数": Decimal(2), "备注": "某人写的"})
    assert row.differing(there) == ("消耗(元)",)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 2, 1, 15, 59, 59, tzinfo=UTC), date(2026, 2, 1)),  # 23:59:59 + 0
        (datetime(2026, 2, 1, 16, 0, 0, tzinfo=UTC), date(2026, 2, 2)),  # 16 + 8 = 24 h
        (datetime(2026, 2, 1, 11, 0, 0, tzinfo=timezone(timedelta(hours=-5))), date(2026, 2, 2)),  # 11 + 5 + 8 = 24 h
        (datetime(2026, 2, 2, 1, 0, 0, tzinfo=timezone(timedelta(hours=10))), date(2026, 2, 1)),  # 25 - 10 + 8 = 23 h
    ],
)
def test_the_business_day_is_that_of_shanghai(now: datetime, day: date) -> None:
    assert china_day(now) == day


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 zone comes below
def test_the_business_day_does_not_depend_on_the_clock_s_own_zone(naive: datetime, hours: int) -> None:
    now = naive.replace(tzinfo=UTC)
    assert china_day(now.astimezone(timezone(timedelta(hours=hours)))) == (now + timedelta(hours=8)).date()


def test_rows_of_one_key_come_oldest_first() -> None:
    rows = [found("recA", created_ms=30), found("recB", created_ms=10), found("recC", created_ms=20)]
    assert [row.record_id for row in by_key(rows)[KEY]] == ["recB", "recC", "recA"]


def test_rows_of_one_key_and_time_come_in_the_order_of_their_ids() -> None:
    rows = [found("recB", created_ms=10), found("recC", created_ms=10), found("recA", created_ms=10)]
    assert [row.record_id for row in by_key(iter(rows))[KEY]] == ["recA", "recB", "recC"]


def test_rows_without_a_key_are_left_out() -> None:
    assert by_key([found("recA", day=None), found("recB", item_id="")]) == {}


def test_rows_of_different_keys_do_not_mix() -> None:
    other = found("recB", day=date(2026, 2, 2))
    assert by_key([found("recA"), other]) == {KEY: [found("recA")], other.key: [other]}


def test_a_key_that_is_not_there_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        by_key([found()])[Key(DAY, "other")]


def outcome(*troubles: Trouble | None) -> FetchOutcome:
    days = tuple(
        DayOutcome(day=DAY + timedelta(days=n), state=DayState.FAILED, trouble=one) for n, one in enumerate(troubles)
    )
    return FetchOutcome(account_id="18", days=days, rows=0, checksum="", as_of=MORNING)


def test_an_account_s_trouble_is_that_of_its_newest_day() -> None:
    assert outcome(trouble(reason="old"), trouble(reason="new")).trouble == trouble(reason="new")


def test_an_older_day_s_trouble_is_told_when_the_newest_has_none() -> None:
    assert outcome(trouble(reason="old"), None).trouble == trouble(reason="old")


def test_an_account_whose_days_are_well_has_no_trouble() -> None:
    assert outcome(None, None).trouble is None


@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_a_day_with_a_missing_wrong_or_double_row_does_not_agree(counts: tuple[int, int, int]) -> None:
    missing, wrong, duplicates = counts
    agreement = DayAgreement(account_id="18", day=DAY, missing=missing, wrong=wrong, duplicates=duplicates)
    assert not agreement.agrees


def test_a_day_with_gone_and_foreign_rows_still_agrees() -> None:
    assert DayAgreement(account_id="18", day=DAY, gone=3, foreign=2, excess=Decimal("9.90")).agrees


def test_a_run_needs_a_person_when_one_account_does() -> None:
    assert summary(account(None), account(trouble(needs_person=True))).needs_person


def test_a_run_needs_a_person_when_its_own_trouble_does() -> None:
    assert summary(account(None), run=trouble(needs_person=True)).needs_person


def test_a_run_whose_troubles_heal_by_themselves_needs_nobody() -> None:
    assert not summary(account(trouble()), account(None), run=trouble()).needs_person


def test_a_run_without_trouble_needs_nobody() -> None:
    assert not summary(account(None)).needs_person


def test_a_token_pair_does_not_print_its_secrets() -> None:
    pair = TokenPair(
        access_token="canary-access",
        refresh_token="canary-refresh",
        expires_at=MORNING,
        refresh_expires_at=MORNING,
        generation=1769900000000,
    )
    assert "canary" not in f"{pair} {pair!r} {[pair]}"
    assert "1769900000000" in repr(pair)


def test_values_are_grouped_by_key_in_their_order() -> None:
    assert grouped([("a", 2), ("b", 1), ("a", 1)]) == {"a": [2, 1], "b": [1]}
    assert grouped([]) == {}


def test_values_of_accounts_days_come_by_account_and_day() -> None:
    first, last = date(2026, 2, 1), date(2026, 2, 2)
    values = {AccountDay("1", first): "a", AccountDay("2", first): "b", AccountDay("1", last): "c"}
    assert by_account(values) == {"1": {first: "a", last: "c"}, "2": {first: "b"}}
