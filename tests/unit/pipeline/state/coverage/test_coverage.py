from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import redis

from pipeline.core.coverage.day import Loaded
from pipeline.core.model import AccountDay
from pipeline.state import keys
from pipeline.state.coverage.coverage import Coverage
from tests.chains import only

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)


class TestCoverage:
    def test_coverage_is_kept_by_account_and_day(self, client: redis.Redis) -> None:
        coverage, one = Coverage(client, only("tbl1")), Loaded(2, "118.30", "abc", NOW)
        other = replace(one, rows=0, cost="0")
        coverage.learn(
            {AccountDay("18", DAY): one, AccountDay("18", date(2026, 2, 10)): other, AccountDay("19", DAY): other}
        )
        assert coverage.of("18") == {"2026-02-11": one, "2026-02-10": other}
        assert coverage.of("19") == {"2026-02-11": other}
        assert coverage.of("20") == {}
        coverage.learn({AccountDay("18", DAY): other})
        coverage.learn({})
        assert coverage.of("18") == {"2026-02-11": other, "2026-02-10": other}

    def test_coverage_of_some_days_is_read_without_the_others(self, client: redis.Redis) -> None:
        coverage, one = Coverage(client, only("tbl1")), Loaded(2, "118.30", "abc", NOW)
        places = [AccountDay("18", DAY), AccountDay("19", DAY), AccountDay("19", date(2026, 2, 10))]
        coverage.learn(dict.fromkeys(places, one))
        unknown = AccountDay("20", DAY)
        assert coverage.at([places[0], places[2], unknown]) == {places[0]: one, places[2]: one}
        assert coverage.at([]) == {}

    def test_what_was_loaded_into_another_table_is_not_known_of_this_one(self, client: redis.Redis) -> None:
        one, other = Coverage(client, only("tbl1")), Coverage(client, only("tbl2"))
        one.learn({AccountDay("18", DAY): Loaded(2, "118.30", "abc", NOW)})
        assert (other.of("18"), other.days(["18"]), other.at([AccountDay("18", DAY)])) == ({}, {"18": set()}, {})
        other.learn({AccountDay("18", DAY): Loaded(3, "1", "d", NOW)})
        assert one.of("18") == {"2026-02-11": Loaded(2, "118.30", "abc", NOW)}

    def test_what_was_read_later_stands_and_a_time_in_the_future_does_not(self, client: redis.Redis) -> None:
        coverage, at = Coverage(client, only("tbl1")), AccountDay("18", DAY)
        newer, older = Loaded(2, "118.30", "abc", NOW), Loaded(2, "99.00", "def", NOW - timedelta(hours=3))
        for one in (newer, older):
            coverage.learn({at: one}, NOW)
        assert coverage.at([at]) == {at: newer}
        coverage.learn({at: replace(newer, as_of=datetime(2099, 1, 1, tzinfo=UTC))}, NOW)
        coverage.learn({at: older}, NOW)
        assert coverage.at([at]) == {at: older}

    def test_what_an_older_version_left_has_no_digest_of_the_table(self, client: redis.Redis) -> None:
        said = b'{"rows":2,"cost":"118.30","checksum":"abc","as_of":"2026-02-12T07:00:00Z","totals":null}'
        client.hset(keys.coverage("tbl1", "18"), DAY.isoformat(), said)
        assert Coverage(client, only("tbl1")).of("18") == {DAY.isoformat(): Loaded(2, "118.30", "abc", NOW)}
