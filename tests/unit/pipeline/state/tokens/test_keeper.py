import json
import os
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import redis
from fakeredis import FakeRedis
from structlog.testing import capture_logs

from pipeline.core.errors import (
    NeedsPerson,
    Retryable,
    ServerTrouble,
    StoreUnreachable,
    TransportTrouble,
)
from pipeline.state import keys
from pipeline.state.tokens import keeper as tokens
from pipeline.state.tokens.keeper import TokenKeeper, turns
from tests.unit.pipeline.clients.stub import told
from tests.unit.pipeline.state.token_house import HOUR, KEY, NOW, OTHER, PAIR, House, full, living


class TestKeeper:
    @pytest.mark.parametrize("left", [20 * HOUR, HOUR + timedelta(seconds=1)])
    def test_a_pair_with_over_an_hour_left_is_handed_out_as_it_is(self, house: House, left: timedelta) -> None:
        living(house, left)
        assert house.keeper().current() == "access-canary-1"
        assert house.service.issued == 0

    @pytest.mark.parametrize("left", [HOUR, timedelta(seconds=1), timedelta(0), -5 * HOUR])
    def test_a_pair_with_an_hour_or_less_left_is_refreshed_first(self, house: House, left: timedelta) -> None:
        living(house, left)
        assert house.keeper().current() == "access-canary-new-1"
        assert house.keeper().current() == "access-canary-new-1"
        assert house.service.issued == 1

    def test_a_refused_token_is_refreshed_once_for_all_who_were_refused(self, house: House) -> None:
        living(house, 20 * HOUR)
        assert house.keeper().renew("access-canary-1") == "access-canary-new-1"
        assert house.keeper().renew("access-canary-1") == "access-canary-new-1"
        assert house.service.issued == 1
        assert house.keeper().renew("access-canary-new-1") == "access-canary-new-2"

    def test_two_who_ask_at_the_same_time_get_one_refresh(self, house: House) -> None:
        living(house, timedelta(minutes=5))
        both, got = threading.Barrier(2), list[str]()
        house.service.on_refresh = partial(threading.Event().wait, 0.1)

        def ask() -> None:
            both.wait()
            got.append(house.keeper().current())

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == ["access-canary-new-1"] * 2
        assert house.service.issued == 1

    def test_a_new_pair_is_in_redis_and_mirror_before_it_is_handed_out(self, house: House) -> None:
        living(house, timedelta(minutes=5))
        house.keeper().current()
        for lost in (lambda: house.client.delete(keys.TOKEN), house.mirror.unlink):
            stored, mirrored = house.stored(), house.mirror.read_bytes()
            lost()
            assert house.keeper().pair().access_token == "access-canary-new-1"
            house.put_back(stored)
            house.mirror.write_bytes(mirrored)

    def test_neither_place_holds_a_token_in_the_clear(self, house: House) -> None:
        living(house, timedelta(minutes=5))
        house.keeper().current()
        for place in (house.stored()[b"sealed"], house.mirror.read_bytes()):
            assert place
            assert b"canary" not in place

    def test_the_newer_of_redis_and_mirror_wins_both_ways(self, house: House) -> None:
        living(house, 20 * HOUR)
        old_redis, old_mirror = house.stored(), house.mirror.read_bytes()
        house.keeper().renew("access-canary-1")
        new_redis, new_mirror = house.stored(), house.mirror.read_bytes()
        house.put_back(old_redis)
        assert house.keeper().current() == "access-canary-new-1"
        house.put_back(new_redis)
        house.mirror.write_bytes(old_mirror)
        assert house.keeper().current() == "access-canary-new-1"
        house.mirror.write_bytes(new_mirror)

    def test_a_pair_issued_by_a_clock_that_went_back_is_still_the_newer_one(self, house: House) -> None:
        living(house, 20 * HOUR)
        house.keeper().renew("access-canary-1")
        house.now -= timedelta(days=3)
        house.keeper().renew("access-canary-new-1")
        house.client.delete(keys.TOKEN)
        assert house.keeper().pair().access_token == "access-canary-new-2"
        assert house.keeper().pair().generation == int(NOW.timestamp() * 1000) + 1

    def test_a_pair_that_a_person_brings_counts_whatever_was_there(self, house: House) -> None:
        living(house, 20 * HOUR)
        brought = replace(PAIR, access_token="brought", generation=1)
        house.keeper().store(brought)
        assert house.keeper().current() == "brought"
        house.client.delete(keys.TOKEN)
        assert house.keeper().current() == "brought"

    def test_without_a_pair_a_person_is_needed(self, house: House) -> None:
        with pytest.raises(NeedsPerson, match="no Ocean Engine token") as caught:
            house.keeper().current()
        assert "laike token import" in caught.value.for_maintainer


class TestTroubles:
    @pytest.mark.parametrize("trouble", [TransportTrouble("no answer", effect_possible=True), ServerTrouble("busy")])
    def test_while_the_old_token_lives_a_failing_refresh_is_a_warning(self, quick: House, trouble: Exception) -> None:
        living(quick, timedelta(minutes=5))
        quick.service.trouble = trouble
        with capture_logs() as logs:
            assert quick.keeper().current() == "access-canary-1"
        assert [(line["log_level"], line["left_s"]) for line in logs] == [("warning", 300)]

    @pytest.mark.parametrize("left", [timedelta(0), -HOUR])
    def test_when_the_old_token_is_dead_a_failing_refresh_is_an_error(self, quick: House, left: timedelta) -> None:
        living(quick, left)
        quick.service.trouble = ServerTrouble("busy")
        with pytest.raises(ServerTrouble):
            quick.keeper().current()

    def test_a_refused_token_is_never_handed_out_again(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.service.trouble = ServerTrouble("busy")
        with pytest.raises(ServerTrouble):
            quick.keeper().renew("access-canary-1")

    def test_a_failing_refresh_changes_nothing_that_is_stored(self, quick: House) -> None:
        living(quick, timedelta(minutes=5))
        before = quick.stored(), quick.mirror.read_bytes()
        quick.service.trouble = ServerTrouble("busy")
        quick.keeper().current()
        assert (quick.stored(), quick.mirror.read_bytes()) == before

    def test_a_refresh_that_fails_leaves_the_lock_free(self, quick: House) -> None:
        living(quick, timedelta(minutes=5))
        quick.service.trouble = ServerTrouble("busy")
        quick.keeper().current()
        quick.service.trouble = None
        assert quick.keeper().keep().access_token == "access-canary-new-1"

    def test_the_wrong_key_needs_a_person_and_loses_nothing(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        before = quick.stored(), quick.mirror.read_bytes()
        quick.token_keys = [OTHER]
        for ask in (quick.keeper().current, quick.keeper().pair, lambda: quick.keeper().renew("access-canary-1")):
            with pytest.raises(NeedsPerson, match="LAIKE_TOKEN_KEYS") as caught:
                ask()
            assert KEY not in told(caught.value)
            assert OTHER not in told(caught.value)
        assert (quick.stored(), quick.mirror.read_bytes()) == before
        quick.token_keys = [KEY]
        assert quick.keeper().current() == "access-canary-1"

    def test_a_new_key_in_front_of_the_old_one_opens_what_is_there_and_seals_what_comes(self, quick: House) -> None:
        living(quick, timedelta(minutes=5))
        quick.token_keys = [OTHER, KEY]
        assert quick.keeper().current() == "access-canary-new-1"
        quick.token_keys = [OTHER]
        assert quick.keeper().current() == "access-canary-new-1"

    def test_a_pair_under_a_lost_key_is_replaced_by_one_that_a_person_brings(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.token_keys = [OTHER]
        quick.keeper().store(replace(PAIR, access_token="brought"))
        assert quick.keeper().current() == "brought"

    def test_a_kill_between_mirror_and_redis_loses_nothing(self, quick: House, monkeypatch: pytest.MonkeyPatch) -> None:
        living(quick, timedelta(minutes=5))

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(quick.client, "set", killed)
            with pytest.raises(KeyboardInterrupt):
                TokenKeeper.renew(quick.keeper(), "access-canary-1")
        quick.client.delete(keys.TOKEN_LOCK)
        assert quick.keeper().current() == "access-canary-new-1"

    def test_a_full_disk_does_not_lose_the_new_pair(self, quick: House, monkeypatch: pytest.MonkeyPatch) -> None:
        living(quick, timedelta(minutes=5))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with capture_logs() as logs:
                assert quick.keeper().current() == "access-canary-new-1"
        assert quick.service.issued == 1
        assert [line["event"] for line in logs] == ["token_not_mirrored", "token_refreshed"]
        assert "canary" not in json.dumps(logs)
        assert [one.name for one in quick.mirror.parent.iterdir()] == [".laike-token"]
        assert quick.keeper().pair().access_token == "access-canary-new-1"

    def test_no_log_line_holds_a_token(self, quick: House) -> None:
        living(quick, timedelta(minutes=5))
        with capture_logs() as logs:
            quick.keeper().current()
        assert [line["event"] for line in logs] == ["token_refreshed"]
        assert "canary" not in json.dumps(logs)


class TestTurns:
    def test_a_process_without_redis_waits_for_the_file_that_another_one_locked(
        self, fake: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens, "PATIENCE_S", 0.1)
        file = tmp_path / "new folder" / "token.lock"
        other = turns(FakeRedis(), 10, file)
        with turns(fake, 10, file)(), pytest.raises(StoreUnreachable, match=r"token\.lock cannot be locked"), other():
            pass
        with turns(FakeRedis(), 10, file)():
            pass

    def test_somebody_who_never_ends_is_waited_for_only_so_long(
        self, quick: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        living(quick, timedelta(0))
        monkeypatch.setattr(tokens, "PATIENCE_S", 0.1)
        quick.client.set(keys.TOKEN_LOCK, "somebody", px=60_000)
        with pytest.raises(Retryable, match="another process has been refreshing"):
            quick.keeper().current()
