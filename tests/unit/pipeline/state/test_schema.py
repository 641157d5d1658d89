"""The mark of the form, and the copy of what the release before remembered without its table."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import redis

from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.errors import NewerState, WrongRelease
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.state import codec, keys
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.schema import FORM, Schema
from tests.chains import only

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
LOADED, LATER = Loaded(2, "118.36", "c1", NOW), Loaded(3, "120.00", "c2", NOW + timedelta(hours=3))
KNOWN = LastOutcome(state=DayState.LOADED, rows=2, cost="118.36")
ACCOUNTS = ("18", "19")


def nobody() -> bool:
    return False


def remember(client: redis.Redis, *, seen: tuple[str, ...] = ("tbl1",)) -> None:
    """What the release before left, of two days of two accounts."""
    for number in ACCOUNTS:
        for day in (DAY, DAY - timedelta(days=1)):
            client.hset(keys.tableless_coverage(number), day.isoformat(), codec.dump(LOADED, Loaded))
            client.hset(keys.tableless_day_states(number), day.isoformat(), codec.dump(KNOWN, LastOutcome))
        client.expire(keys.tableless_day_states(number), 1000)
    for table_id in seen:
        client.set(keys.seen(table_id), "1")


def days_of(client: redis.Redis, table_id: str) -> int:
    """How many days of all accounts count as loaded in a table, by both memories."""
    loaded = sum(map(len, Coverage(client, only(table_id)).days(ACCOUNTS).values()))
    assert len(LastOutcomes(client, only(table_id)).of(ACCOUNTS, DayRange(DAY - timedelta(days=1), DAY))) == loaded
    return loaded


class TestSchema:
    def test_an_empty_redis_is_marked_and_nobody_is_asked(self, client: redis.Redis) -> None:
        schema = Schema(client)
        assert not schema.is_ours()
        schema.bring_up(lambda: pytest.fail("asked"))
        assert schema.is_ours()
        assert (schema.owner(), schema.unclear()) == (None, None)

    def test_what_was_remembered_becomes_that_of_the_one_table_that_was_seen(self, client: redis.Redis) -> None:
        remember(client)
        schema = Schema(client)
        schema.bring_up(nobody)
        assert (days_of(client, "tbl1"), days_of(client, "tbl2")) == (4, 0)
        assert Coverage(client, only("tbl1")).at([AccountDay("18", DAY)]) == {AccountDay("18", DAY): LOADED}
        assert schema.owner() == "tbl1"
        assert 0 < int(client.ttl(keys.day_states("tbl1", "18"))) <= 1000

    def test_the_old_keys_stay_as_they_are(self, client: redis.Redis) -> None:
        remember(client)
        before = {number: client.hgetall(keys.tableless_coverage(number)) for number in ACCOUNTS}
        Schema(client).bring_up(nobody)
        Coverage(client, only("tbl1")).learn({AccountDay("18", DAY): LATER})
        assert {number: client.hgetall(keys.tableless_coverage(number)) for number in ACCOUNTS} == before

    @pytest.mark.parametrize("seen", [(), ("tbl1", "tbl2")])
    def test_with_none_or_several_tables_nothing_is_copied_before_a_person_says_which(
        self, client: redis.Redis, seen: tuple[str, ...]
    ) -> None:
        remember(client, seen=seen)
        schema = Schema(client)
        schema.bring_up(nobody)
        assert (schema.unclear(), schema.owner(), schema.is_ours()) == (seen, None, True)
        assert (days_of(client, "tbl1"), days_of(client, "tbl2")) == (0, 0)
        schema.settle("tbl2")
        assert (schema.unclear(), schema.owner()) == (None, "tbl2")
        assert (days_of(client, "tbl1"), days_of(client, "tbl2")) == (0, 4)

    def test_a_person_s_word_from_before_the_first_start_counts(self, client: redis.Redis) -> None:
        remember(client, seen=("tbl1", "tbl2"))
        schema = Schema(client)
        schema.settle("tbl1")
        schema.bring_up(nobody)
        assert (schema.unclear(), days_of(client, "tbl1")) == (None, 4)

    def test_what_is_known_of_the_table_already_is_not_replaced(self, client: redis.Redis) -> None:
        remember(client)
        Coverage(client, only("tbl1")).learn({AccountDay("18", DAY): LATER})
        Schema(client).bring_up(nobody)
        coverage = Coverage(client, only("tbl1"))
        assert coverage.of("18") == {"2026-02-11": LATER, "2026-02-10": LOADED}
        assert coverage.of("19") == {"2026-02-11": LOADED, "2026-02-10": LOADED}

    @pytest.mark.parametrize("killed_after", range(4))
    def test_killed_in_its_midst_it_is_done_again_to_the_same_end(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch, killed_after: int
    ) -> None:
        remember(client)
        read, left = client.hgetall, [None] * killed_after

        def read_or_die(name: str) -> object:
            if not left:
                raise KeyboardInterrupt
            left.pop()
            return read(name)

        monkeypatch.setattr(client, "hgetall", read_or_die)
        with pytest.raises(KeyboardInterrupt):
            Schema(client).bring_up(nobody)
        assert not Schema(client).is_ours()
        monkeypatch.setattr(client, "hgetall", read)
        Schema(client).bring_up(nobody)
        assert (Schema(client).is_ours(), days_of(client, "tbl1")) == (True, 4)

    def test_a_newer_form_is_refused_and_nothing_is_touched(self, client: redis.Redis) -> None:
        remember(client)
        client.set(keys.SCHEMA, str(FORM + 1))
        with pytest.raises(NewerState, match=f"form {FORM + 1}, this one knows {FORM}"):
            Schema(client).bring_up(nobody)
        assert client.get(keys.SCHEMA) == str(FORM + 1).encode()
        assert days_of(client, "tbl1") == 0

    @pytest.mark.parametrize("lease", [keys.step("daily-2026-02-11", "load:0"), keys.writer("bas1")])
    def test_while_a_step_or_a_write_of_the_release_before_is_at_work_nothing_is_copied(
        self, client: redis.Redis, lease: str
    ) -> None:
        remember(client)
        client.set(lease, "somebody", px=60_000)
        with pytest.raises(WrongRelease, match="stop it first"):
            Schema(client).bring_up(nobody)
        assert (Schema(client).is_ours(), days_of(client, "tbl1")) == (False, 0)

    def test_nor_while_one_of_its_workers_answers(self, client: redis.Redis) -> None:
        remember(client)
        with pytest.raises(WrongRelease):
            Schema(client).bring_up(lambda: True)
        Schema(client).bring_up(nobody)
        assert days_of(client, "tbl1") == 4

    def test_of_several_that_start_at_once_one_does_it_and_the_others_wait(self, client: redis.Redis) -> None:
        remember(client)
        asked: list[int] = []

        def ask() -> bool:
            asked.append(1)
            return False

        starting = [threading.Thread(target=Schema(client).bring_up, args=(ask,)) for _ in range(4)]
        for one in starting:
            one.start()
        for one in starting:
            one.join()
        assert (len(asked), days_of(client, "tbl1")) == (1, 4)


def test_tables_seen_are_those_with_that_key_and_no_others(fake: redis.Redis) -> None:
    fake.set(keys.seen("tbl2"), "1")
    fake.set(keys.seen("tbl1"), "1")
    fake.set(keys.loading_stopped("tbl3"), "1")
    assert Schema(fake).tables_seen() == ("tbl1", "tbl2")
