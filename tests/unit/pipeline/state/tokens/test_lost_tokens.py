from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.core.errors import (
    BadResponse,
    NeedsAuthorization,
    NeedsPerson,
    ServerTrouble,
    Throttled,
    TransportTrouble,
)
from pipeline.state.tokens.vault import Vault
from tests.unit.pipeline.state.token_house import HOUR, LINK, PAIR, House, living


class TestLostAnswers:
    """A refresh whose answer never came: the service may have issued a pair that nobody has."""

    @pytest.fixture(params=["no answer", "half an answer", "a server's trouble"])
    def lost(self, request: pytest.FixtureRequest) -> Exception:
        return {
            "no answer": TransportTrouble("no answer", effect_possible=True),
            "half an answer": BadResponse("no whole pair"),
            "a server's trouble": ServerTrouble("code 50000"),
        }[request.param]

    def test_the_access_token_that_exists_is_tried_first(self, quick: House, lost: Exception) -> None:
        living(quick, timedelta(minutes=5))
        quick.service.answers = [lost]
        assert quick.keeper().current() == "access-canary-1"
        assert len(quick.service.asked) == 1

    def test_if_that_is_refused_the_old_refresh_token_is_tried_once_more(self, quick: House, lost: Exception) -> None:
        living(quick, timedelta(minutes=5))
        quick.service.answers = [lost]
        quick.keeper().current()
        assert quick.keeper().renew("access-canary-1") == "access-canary-new-1"
        assert quick.service.asked == ["refresh-canary-1"] * 2

    def test_with_an_expired_access_token_the_second_try_comes_at_once(self, quick: House, lost: Exception) -> None:
        living(quick, timedelta(0))
        quick.service.answers = [lost]
        assert quick.keeper().current() == "access-canary-new-1"
        assert quick.service.asked == ["refresh-canary-1"] * 2

    def test_there_is_no_third_try(self, quick: House, lost: Exception) -> None:
        living(quick, timedelta(0))
        quick.service.answers = [lost, lost, lost]
        with pytest.raises(type(lost)):
            quick.keeper().current()
        assert len(quick.service.asked) == 2

    def test_if_the_old_refresh_token_is_dead_it_is_told_whose_answer_was_lost(
        self, quick: House, lost: Exception
    ) -> None:
        living(quick, timedelta(0))
        quick.service.answers, quick.service.newest = [lost], "nobody has it"
        with pytest.raises(NeedsAuthorization, match=r"the refresh that this test sent at .* was lost") as caught:
            quick.keeper().current()
        assert (caught.value.link, caught.value.code, caught.value.request_id) == (LINK, 40107, "r-1")
        assert "laike token exchange" in caught.value.for_maintainer

    def test_a_pair_that_somebody_kept_meanwhile_counts(self, quick: House, lost: Exception) -> None:
        living(quick, timedelta(0))
        brought = replace(PAIR, access_token="kept meanwhile", generation=10**13)

        def kept_meanwhile() -> None:
            Vault(quick.client, quick.token_keys, quick.mirror).keep(brought)

        quick.service.answers, quick.service.on_refresh = [lost], kept_meanwhile
        assert quick.keeper().current() == "kept meanwhile"
        assert len(quick.service.asked) == 1

    @pytest.mark.parametrize("trouble", [TransportTrouble("no way to the service"), Throttled("40100")])
    def test_a_call_that_never_arrived_is_not_sent_again_by_itself(self, quick: House, trouble: Exception) -> None:
        living(quick, timedelta(0))
        quick.service.answers = [trouble]
        with pytest.raises(type(trouble)):
            quick.keeper().current()
        assert len(quick.service.asked) == 1
        assert quick.journal.attempt(PAIR.generation) is None


class TestDeadRefreshTokens:
    def test_a_dead_refresh_token_is_asked_for_once_by_all(self, house: House) -> None:
        living(house, timedelta(0))
        house.service.newest = "somebody else's"
        for _ in range(3):
            with pytest.raises(NeedsAuthorization, match="somebody else used it: does the old script"):
                house.keeper().current()
        assert house.service.asked == ["refresh-canary-1"]

    def test_while_the_access_token_lives_it_is_handed_out_all_the_same(self, quick: House) -> None:
        living(quick, timedelta(minutes=5))
        quick.service.newest = "somebody else's"
        assert quick.keeper().current() == "access-canary-1"
        with pytest.raises(NeedsAuthorization):
            quick.keeper().keep()

    def test_a_token_that_nobody_refreshed_in_time_says_so(self, quick: House) -> None:
        living(quick, timedelta(0))
        quick.service.answers = [NeedsPerson("expired", code=40103)]
        with pytest.raises(NeedsAuthorization, match="nobody refreshed it by 2026-03-13"):
            quick.keeper().current()

    def test_a_wrong_secret_is_not_taken_for_a_dead_token(self, quick: House) -> None:
        living(quick, timedelta(0))
        quick.service.answers = [NeedsPerson("40101: no such app", code=40101)]
        with pytest.raises(NeedsPerson, match="40101"):
            quick.keeper().current()
        assert quick.keeper().current() == "access-canary-new-1"

    def test_a_new_authorization_ends_it(self, quick: House) -> None:
        living(quick, timedelta(0))
        quick.service.newest = "somebody else's"
        with pytest.raises(NeedsAuthorization):
            quick.keeper().current()
        assert quick.keeper().trouble() is not None
        quick.keeper().store(replace(PAIR, access_token="authorized anew"))
        assert quick.keeper().current() == "authorized anew"
        assert quick.keeper().trouble() is None

    def test_the_trouble_is_known_before_anybody_asks_the_service(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        assert quick.keeper().trouble() is None
        quick.now = PAIR.refresh_expires_at
        trouble = quick.keeper().trouble()
        assert trouble is not None
        assert trouble.link == LINK
