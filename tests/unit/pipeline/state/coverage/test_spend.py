"""What is remembered of an account's days to tell spend outside promotions from promotions that are missing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import redis

from pipeline.core.accounts.spend import Noted, Reading
from pipeline.state import keys
from pipeline.state.coverage.spend import Spend

DAY = date(2026, 2, 11)
BEFORE = DAY - timedelta(days=1)
TODAY = DAY + timedelta(days=1)
NOTED = Noted(
    amount=Decimal("40.50"), since=datetime(2026, 2, 12, 7, tzinfo=UTC), accepted=True, told_by="r", stuck=(DAY,)
)
READING = Reading({"7612340000000001001": Decimal("60.10"), "2": Decimal(0)}, Decimal("100.60"))


class TestSpend:
    """Against a real Redis and against the one in memory."""

    def test_notes_and_readings_come_back_as_they_were(self, client: redis.Redis) -> None:
        spend = Spend(client)
        assert (spend.noted("18"), spend.readings("18", [DAY])) == ({}, {})
        spend.learn("18", TODAY, noted={DAY: NOTED}, balanced=[], readings={DAY: READING, BEFORE: READING})
        assert spend.noted("18") == {DAY: NOTED}
        assert spend.readings("18", [BEFORE, DAY, TODAY]) == {BEFORE: READING, DAY: READING}
        assert (spend.noted("19"), spend.readings("18", [])) == ({}, {})

    def test_a_day_that_balances_is_not_noted_any_more(self, client: redis.Redis) -> None:
        spend = Spend(client)
        spend.learn("18", TODAY, noted={DAY: NOTED, BEFORE: NOTED}, balanced=[], readings={})
        spend.learn("18", TODAY, noted={}, balanced=[DAY], readings={})
        assert spend.noted("18") == {BEFORE: NOTED}

    def test_a_good_reading_without_any_row_leaves_nothing_to_be_missed(self, client: redis.Redis) -> None:
        spend = Spend(client)
        spend.learn("18", TODAY, noted={}, balanced=[], readings={DAY: READING})
        spend.learn("18", TODAY, noted={}, balanced=[DAY], readings={DAY: Reading({}, Decimal(0))})
        assert spend.readings("18", [DAY]) == {}

    def test_readings_are_kept_for_35_days_and_notes_for_400(self, client: redis.Redis) -> None:
        spend, kept, oldest = Spend(client), TODAY - timedelta(days=35), TODAY - timedelta(days=400)
        old = {kept: READING, kept - timedelta(days=1): READING}
        notes = {oldest: NOTED, oldest - timedelta(days=1): NOTED}
        spend.learn("18", kept, noted=notes, balanced=[], readings=old)
        spend.learn("18", TODAY, noted={}, balanced=[], readings={DAY: READING})
        assert spend.readings("18", [*old, DAY]).keys() == {kept, DAY}
        assert spend.noted("18").keys() == {oldest}

    def test_what_another_version_wrote_is_as_good_as_absent(self, client: redis.Redis) -> None:
        client.hset(keys.spend_noted("18"), DAY.isoformat(), b"{}")
        client.hset(keys.spend_readings("18"), DAY.isoformat(), b"nonsense")
        assert (Spend(client).noted("18"), Spend(client).readings("18", [DAY])) == ({}, {})

    def test_each_key_lives_as_long_as_the_table_of_keys_says(self, client: redis.Redis) -> None:
        Spend(client).learn("18", TODAY, noted={DAY: NOTED}, balanced=[], readings={DAY: READING})
        lives = [int(client.ttl(name)) for name in (keys.spend_noted("18"), keys.spend_readings("18"))]
        assert lives == pytest.approx([35 * 86400] * 2, abs=2)

    def test_a_reading_of_twenty_promotions_takes_less_than_500_bytes(self, client: redis.Redis) -> None:
        costs = {str(7612340000000001001 + 3 * n): Decimal(n * 7919 % 99991) / 100 for n in range(20)}
        Spend(client).learn("18", TODAY, noted={}, balanced=[], readings={DAY: Reading(costs, Decimal(1))})
        data = client.hget(keys.spend_readings("18"), DAY.isoformat())
        assert isinstance(data, bytes)
        assert len(data) < 500
