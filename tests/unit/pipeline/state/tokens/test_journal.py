from datetime import timedelta

import pytest

from pipeline.core.errors import (
    ServerTrouble,
)
from pipeline.core.token import TokenStep
from tests.unit.pipeline.state.token_house import HOUR, House, living


class TestHistory:
    def test_it_says_who_did_what_and_for_how_long_the_new_pair_was_in_memory_only(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.keeper().renew("access-canary-1")
        quick.service.answers = [ServerTrouble("busy"), ServerTrouble("busy")]
        with pytest.raises(ServerTrouble):
            quick.keeper().renew("access-canary-new-1")
        events = quick.journal.history()
        assert [one.step for one in events] == ["failed", "failed", "refreshed", "brought"]
        assert {one.by for one in events} == {"this test"}
        assert events[2].unsaved_ms is not None
        assert "canary" not in str(events)

    def test_it_says_when_a_person_last_brought_a_token(self, quick: House) -> None:
        assert quick.journal.brought_at() is None
        living(quick, 20 * HOUR)
        quick.now += 2 * HOUR
        quick.keeper().renew("access-canary-1")
        assert quick.journal.brought_at() == quick.now - 2 * HOUR

    def test_the_newest_hundred_events_are_kept(self, quick: House) -> None:
        for number in range(120):
            quick.journal.add(TokenStep.FAILED, str(number))
        assert [one.message for one in quick.journal.history()] == [str(number) for number in range(119, 19, -1)]

    def test_after_a_failure_the_living_token_is_used_for_a_minute_before_the_next_try(self, quick: House) -> None:
        living(quick, timedelta(minutes=5))
        quick.service.answers = [ServerTrouble("busy")]
        for _ in range(3):
            assert quick.keeper().current() == "access-canary-1"
        assert len(quick.service.asked) == 1
        quick.now += timedelta(minutes=1)
        assert quick.keeper().current() == "access-canary-new-1"

    def test_a_failure_before_the_clock_stepped_back_keeps_nobody_from_trying(self, quick: House) -> None:
        quick.now += timedelta(days=40)
        quick.journal.add(TokenStep.FAILED, "busy")
        quick.now -= timedelta(days=40)
        living(quick, timedelta(minutes=5))
        quick.journal.add(TokenStep.FAILED, "busy")
        assert quick.keeper().current() == "access-canary-1"
        quick.now -= timedelta(minutes=2)
        assert quick.keeper().current() == "access-canary-new-1"
