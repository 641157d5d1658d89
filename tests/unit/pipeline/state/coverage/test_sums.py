"""Sums that Redis makes are those of the days themselves, to the last digit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.coverage.day import UNKNOWN, Loaded
from pipeline.core.coverage.history import Sum, sum_of
from pipeline.core.model import ZERO, AccountDay, DayRange, Totals
from pipeline.state import keys
from pipeline.state.coverage import sums
from pipeline.state.coverage.coverage import Coverage

FIRST = date(2026, 1, 28)
DAYS = DayRange(FIRST, FIRST + timedelta(days=9))
TABLES = Chain((PhysicalTable("tbl1"), PhysicalTable("tbl2", date(2026, 2, 1))))
ACCOUNTS = ("18", "19", "20")
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)

usual = st.decimals(0, 99_999_999, places=2)
odd = st.sampled_from([Decimal(one) for one in ("-0.01", "1E+2", "0.00001", "123456789.5", "0E-7", "99999999.9999")])
figures = st.one_of(usual, odd)
reports = st.none() | st.builds(Totals, figures, figures)
loads = st.builds(
    Loaded,
    st.integers(0, 20_000),
    figures.map(str),
    st.sampled_from([UNKNOWN, "v2:ab"]),
    st.just(NOW),
    reports,
)
places = st.builds(AccountDay, st.sampled_from(ACCOUNTS), st.sampled_from(list(DAYS)))
ranges = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(
    lambda ends: DayRange(FIRST + timedelta(days=min(ends)), FIRST + timedelta(days=max(ends)))
)


def tables() -> Chain:
    return TABLES


def plain(loaded: dict[AccountDay, Loaded], days: DayRange) -> dict[str, Sum]:
    return {one: sum_of([loaded[at] for at in loaded if at.account_id == one and at.day in days]) for one in ACCOUNTS}


@given(loaded=st.dictionaries(places, loads, max_size=12), days=ranges)
def test_sums_of_any_days_in_any_tables_are_those_of_the_days(
    redis_session: str, loaded: dict[AccountDay, Loaded], days: DayRange
) -> None:
    with redis.Redis.from_url(redis_session) as client:
        client.flushdb()
        coverage = Coverage(client, tables)
        coverage.learn(loaded, NOW)
        assert coverage.sums(ACCOUNTS, days) == plain(loaded, days)


def test_on_either_kind_of_redis_a_figure_that_does_not_fit_is_added_here(client: redis.Redis) -> None:
    coverage = Coverage(client, tables)
    first, last = AccountDay("18", DAYS.first), AccountDay("18", DAYS.last)
    fits = Loaded(3, "12.34", "v2:ab", NOW, Totals(Decimal("12.34"), Decimal(5)))
    coverage.learn({first: fits, last: fits, AccountDay("19", DAYS.first): Loaded(1, "0.00001", "v2:ab", NOW)}, NOW)
    found = coverage.sums(ACCOUNTS, DAYS)
    assert (found["18"].days, found["18"].figures.rows, str(found["18"].figures.cost)) == (2, 6, "24.68")
    assert str(found["18"].figures.conversions) == "10"  # as people read it: no zeros behind
    assert (found["19"].figures.cost, found["19"].figures.conversions) == (Decimal("0.00001"), ZERO)
    assert (found["20"].days, found["20"].figures.cost) == (0, ZERO)


def test_of_an_older_release_conversions_are_unknown(client: redis.Redis) -> None:
    client.hset(keys.coverage("tbl1", "18"), FIRST.isoformat(), b'{"rows":1,"cost":"2","checksum":"","as_of":"x"}')
    assert Coverage(client, tables).sums(["18"], DAYS)["18"].figures.conversions is None


def test_many_accounts_are_asked_some_at_a_time(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums, "DAYS_AT_ONCE", 8)
    coverage = Coverage(client, tables)
    loaded = {AccountDay(one, day): Loaded(1, "0.01", "v2:ab", NOW) for one in ACCOUNTS for day in DAYS}
    coverage.learn(loaded, NOW)
    assert coverage.sums(ACCOUNTS, DAYS) == plain(loaded, DAYS)
