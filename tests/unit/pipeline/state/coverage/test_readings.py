from datetime import UTC, date, datetime, timedelta

import redis

from pipeline.core.model import AccountDay
from pipeline.state import keys
from pipeline.state.coverage.readings import Readings
from tests.chains import only

NOW = datetime(2026, 2, 12, 10, 36, tzinfo=UTC)
SEVEN = NOW - timedelta(hours=3)
AT, OTHER = AccountDay("18", date(2026, 2, 11)), AccountDay("19", date(2026, 2, 11))


class TestReadings:
    def test_what_was_read_last_is_known_of_each_day(self, client: redis.Redis) -> None:
        readings = Readings(client, only("tbl1"))
        readings.begin({AT: NOW}, NOW)
        readings.begin({AT: SEVEN, OTHER: SEVEN}, NOW)
        assert readings.at([AT, OTHER, AccountDay("20", AT.day)]) == {AT: NOW, OTHER: SEVEN}
        assert readings.at([]) == {}
        readings.begin({}, NOW)

    def test_each_table_has_its_own(self, client: redis.Redis) -> None:
        Readings(client, only("tbl1")).begin({AT: NOW}, NOW)
        assert Readings(client, only("tbl2")).at([AT]) == {}

    def test_it_is_kept_longer_than_rows_are_of_use_that_could_come_late(self, client: redis.Redis) -> None:
        Readings(client, only("tbl1")).begin({AT: NOW}, NOW)
        left = client.ttl(keys.readings("tbl1", "18"))
        assert isinstance(left, int)
        assert timedelta(days=1).total_seconds() < left <= keys.STAGING_TTL_S
