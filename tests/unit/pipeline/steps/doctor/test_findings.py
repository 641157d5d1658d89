"""What the doctor makes of what it is told: no service is needed for that."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.model import FoundRow
from pipeline.state.store import Server
from pipeline.steps.doctor.findings import State, broken, ok, skipped, warning, worst
from pipeline.steps.doctor.store import judge
from pipeline.steps.doctor.table import written_by_others

NOW = datetime(2026, 2, 11, 23, 0, tzinfo=UTC)


def states(server: Server) -> dict[str, State]:
    return {one.check: one.state for one in judge(server, NOW)}


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("8.0.1", State.OK),
        ("7.0.0", State.OK),
        ("6.2.14", State.WARNING),
        ("6.0.9", State.BROKEN),
        ("10.1", State.OK),
        ("", State.WARNING),
    ],
)
def test_an_old_redis_is_told(version: str, state: State) -> None:
    found = states(Server(version, appends=True, policy="noeviction", at=NOW))
    assert found["redis.version"] == state
    assert {one for check, one in found.items() if check != "redis.version"} == {State.OK}


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lru", "volatile-ttl", "allkeys-random"])
def test_every_policy_that_drops_keys_is_broken(policy: str) -> None:
    assert states(Server("8.0.0", appends=True, policy=policy, at=NOW))["redis.eviction"] == State.BROKEN


def test_a_managed_redis_that_does_not_tell_is_a_warning() -> None:
    found = states(Server("8.0.0", appends=None, policy=None, at=NOW))
    assert [check for check, state in found.items() if state == State.WARNING] == ["redis.aof", "redis.eviction"]


@pytest.mark.parametrize(("seconds", "state"), [(1.9, State.OK), (2.1, State.WARNING), (-2.1, State.WARNING)])
def test_two_clocks_may_be_two_seconds_apart(seconds: float, state: State) -> None:
    server = Server("8.0.0", appends=True, policy="noeviction", at=NOW + timedelta(seconds=seconds))
    assert states(server)["redis.clock"] == state


def row(creator: str | None, created_ms: int, item_id: str = "1") -> FoundRow:
    day = date(2026, 2, 11)
    return FoundRow("rec", day, item_id, "一店", Decimal(0), {}, creator=creator, created_ms=created_ms)


def test_rows_of_others_count_only_with_a_key_and_after_our_first_one() -> None:
    ours, before, after = row("us", 10), row("they", 9), row("they", 11)
    by_hand, unknown = row("they", 12, item_id=""), row(None, 13)
    assert written_by_others([ours, before, after, by_hand, unknown], "us") == [after]
    assert written_by_others([before, after], "us") == []


def test_the_worst_state_counts_and_what_was_skipped_does_not() -> None:
    fine, bad, dead = ok("a", "."), warning("b", ".", "."), broken("c", ".", ".")
    assert worst([fine, *skipped(["d"], "why")]) == State.OK
    assert worst([fine, bad]) == State.WARNING
    assert worst([dead, bad]) == State.BROKEN
