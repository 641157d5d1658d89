import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import redis

from pipeline.core.table.revisions import Head
from pipeline.state.table import keys
from pipeline.state.table.revisions import KEPT, Revisions

NOW = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)


def head(run_id: str = "daily-1", at: datetime = NOW, *, written: bool = True, rows: int = 1) -> Head:
    return Head(run_id=run_id, at=at, written=written, rows=rows, first="2026-03-01", last="2026-03-02")


def told(revisions: Revisions, now: datetime = NOW) -> list[tuple[str, bool, list[str]]]:
    return [(one.head.run_id, one.head.written, one.lines()) for one in revisions.batches(now)]


def test_batches_are_read_newest_first(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    for number in (2, 1, 3):
        revisions.put(f"run-{number}.0", head(f"run-{number}", NOW + timedelta(minutes=number)), [f"行{number}"])
    later = NOW + timedelta(hours=1)
    assert told(revisions, later) == [("run-3", True, ["行3"]), ("run-2", True, ["行2"]), ("run-1", True, ["行1"])]


def test_a_batch_that_is_recorded_again_takes_its_place_and_is_there_once(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    revisions.put("a.0", head("a", written=False), ["1", "2"])
    revisions.put("b.0", head("b", NOW + timedelta(minutes=1)), ["3"])
    revisions.put("a.0", head("a", NOW + timedelta(minutes=2)), ["1"])
    assert told(revisions) == [("b", True, ["3"]), ("a", True, ["1"])]


def test_a_batch_of_which_nothing_is_left_is_forgotten(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    revisions.put("a.0", head(), ["1"])
    revisions.put("a.0", head(), [])
    assert told(revisions) == []


def test_batches_of_other_runs_whose_names_end_alike_stay(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    for name in ("sync-1.0", "resync-1.0", "1.0"):
        revisions.put(name, head(name), [name])
    assert len(told(revisions)) == 3


def test_each_table_has_its_own(client: redis.Redis) -> None:
    Revisions(client, "tbl1").put("a.0", head(), ["1"])
    assert told(Revisions(client, "tbl2")) == []


def test_batches_are_kept_for_90_days(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    revisions.put("old.0", head("old", NOW - KEPT - timedelta(days=1)), ["1"])
    assert told(revisions) == []
    revisions.put("new.0", head("new"), ["2"])
    assert client.hlen(keys.revisions("tbl1")) == 1
    assert revisions.cut_at(NOW) is None
    assert 0 < int(client.ttl(keys.revisions("tbl1"))) <= 90 * 24 * 3600


def test_what_is_too_large_loses_its_oldest_batches_and_says_so(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1", size_max=4000)
    for number in range(10):
        line = "".join(hashlib.sha256(f"{number} {part}".encode()).hexdigest() for part in range(20))  # half fits
        revisions.put(f"run-{number}.0", head(f"run-{number}", NOW + timedelta(hours=number)), [line])
        found: Any = client.hgetall(keys.revisions("tbl1"))
        assert sum(len(value) for name, value in found.items() if name != b"cut") <= 4000
    later = NOW + timedelta(days=1)
    kept = [run for run, _, _ in told(revisions, later)]
    assert kept == [f"run-{number}" for number in reversed(range(10 - len(kept), 10))]
    assert 3 <= len(kept) < 10
    assert revisions.cut_at(later) == NOW + timedelta(hours=9 - len(kept))
    assert revisions.cut_at(later + KEPT) is None


def test_one_batch_that_is_too_large_alone_is_dropped_and_told(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1", size_max=10)
    revisions.put("a.0", head(), ["1"])
    assert told(revisions) == []
    assert revisions.cut_at(NOW) == NOW


def test_a_batch_of_another_version_is_passed_over(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    revisions.put("a.0", head("a"), ["1"])
    client.hset(keys.revisions("tbl1"), "9999999999 b.0", b"{}\n")
    client.hset(keys.revisions("tbl1"), "9999999998 c.0", b"\xff")
    assert told(revisions) == [("a", True, ["1"])]


def test_half_a_character_does_not_break_the_log(client: redis.Redis) -> None:
    revisions = Revisions(client, "tbl1")
    revisions.put("a.0", head("a"), ["\ud800"])
    assert told(revisions) == [("a", True, ["?"])]
