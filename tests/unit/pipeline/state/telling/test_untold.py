"""What the group is still to be told."""

from datetime import UTC, datetime, timedelta

import redis

from pipeline.state import keys
from pipeline.state.telling.untold import Untold

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)


def test_a_card_is_tried_again_for_a_day_from_its_first_try(client: redis.Redis) -> None:
    untold = Untold(client)
    untold.learn_unsent("run1", NOW)
    untold.learn_unsent("run2", NOW + timedelta(hours=1))
    untold.learn_unsent("run1", NOW + timedelta(hours=2))
    assert untold.unsent(NOW + timedelta(hours=23)) == ["run2", "run1"]
    assert untold.unsent(NOW + timedelta(hours=24, minutes=30)) == ["run2"]
    untold.forget_unsent("run2")
    assert untold.unsent(NOW) == []


def test_what_a_quiet_run_saw_waits_for_the_next_card(client: redis.Redis) -> None:
    untold = Untold(client)
    for number in range(3):
        untold.learn_quiet(f"run{number}", NOW + timedelta(hours=number))
    untold.forget_quiet([])
    assert untold.quiet() == ["run2", "run1", "run0"]
    assert 0 < int(client.ttl(keys.QUIET_RUNS)) <= keys.NEWS_TTL_S
    untold.forget_quiet(["run0", "run2"])
    assert untold.quiet() == ["run1"]
