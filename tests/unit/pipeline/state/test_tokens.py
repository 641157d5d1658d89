import json
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from pipeline.core.errors import NeedsPerson, ServerTrouble, TransportTrouble
from pipeline.core.model import TokenPair
from pipeline.state import keys
from pipeline.state.token_journal import TokenJournal
from pipeline.state.tokens import TokenKeeper, turns
from pipeline.state.vault import Vault
from tests.unit.pipeline.clients.stub import told

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINK = "https://ad.example/oauth.html?app_id=18"
KEY, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PAIR = TokenPair(
    access_token="access-canary-1",
    refresh_token="refresh-canary-1",
    expires_at=NOW + 20 * HOUR,
    refresh_expires_at=NOW + timedelta(days=29),
    generation=1_000,
)


class Service:
    """Rotates pairs: only the newest refresh token works, and what was issued is counted."""

    def __init__(self, newest: str = PAIR.refresh_token, on_refresh: Callable[[], object] = lambda: None) -> None:
        self.newest, self.issued, self.on_refresh = newest, 0, on_refresh
        self.trouble: Exception | None = None

    def refresh(self, refresh_token: str, now: datetime) -> TokenPair:
        self.on_refresh()
        if self.trouble:
            raise self.trouble
        if refresh_token != self.newest:
            raise NeedsPerson("40107: the refresh token is used up", code=40107, request_id="r-1")
        self.issued += 1
        self.newest = f"refresh-canary-new-{self.issued}"
        return TokenPair(
            access_token=f"access-canary-new-{self.issued}",
            refresh_token=self.newest,
            expires_at=now + 24 * HOUR,
            refresh_expires_at=now + timedelta(days=30),
            generation=int(now.timestamp() * 1000),
        )


class House:
    """A keeper with its Redis, mirror, clock and service."""

    def __init__(self, client: redis.Redis, home: Path) -> None:
        self.client, self.mirror = client, home / "deep" / ".laike-token"
        self.now, self.service, self.token_keys = NOW, Service(), [KEY]

    def keeper(self, mirror: Path | None = None) -> TokenKeeper:
        return TokenKeeper(
            vault=Vault(self.client, self.token_keys, mirror or self.mirror),
            journal=self.journal,
            refresh=self.service.refresh,
            now=lambda: self.now,
            turn=turns(self.client, seconds=10),
            link=LINK,
        )

    @property
    def journal(self) -> TokenJournal:
        return TokenJournal(self.client, lambda: self.now, "this test")

    def stored(self) -> dict[bytes, bytes]:
        stored: dict[bytes, bytes] = dict(self.client.hgetall(keys.TOKEN))  # type: ignore[arg-type]
        return stored

    def put_back(self, stored: dict[bytes, bytes]) -> None:
        """Let Redis hold what it held before, as after it was restored from a copy."""
        self.client.delete(keys.TOKEN)
        self.client.hset(keys.TOKEN, mapping=stored)  # type: ignore[arg-type]


@pytest.fixture
def house(client: redis.Redis, tmp_path: Path) -> House:
    return House(client, tmp_path)


@pytest.fixture
def quick(fake: redis.Redis, tmp_path: Path) -> House:
    return House(fake, tmp_path)


def living(house: House, left: timedelta) -> None:
    """Keep a pair that lives for so long."""
    house.keeper().store(replace(PAIR, expires_at=house.now + left))


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
        assert "laike token import" in caught.value.what_to_do


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

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

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


class TestMirror:
    def test_only_its_owner_reads_the_mirror(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        assert stat.S_IMODE(quick.mirror.stat().st_mode) == 0o600

    def test_a_mirror_that_others_could_read_is_closed_at_the_next_refresh(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.mirror.chmod(0o644)
        quick.keeper().renew("access-canary-1")
        assert stat.S_IMODE(quick.mirror.stat().st_mode) == 0o600

    def test_the_mirror_is_replaced_and_never_written_into(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        with quick.mirror.open("rb") as reader:
            before = quick.mirror.read_bytes()
            quick.keeper().renew("access-canary-1")
            assert reader.read() == before
        assert quick.mirror.read_bytes() != before

    def test_a_writer_killed_half_way_leaves_the_old_mirror(
        self, quick: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        living(quick, 20 * HOUR)
        before = quick.mirror.read_bytes()

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            quick.keeper().renew("access-canary-1")
        assert quick.mirror.read_bytes() == before

    def test_a_finished_write_leaves_no_other_file(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.keeper().renew("access-canary-1")
        assert [one.name for one in quick.mirror.parent.iterdir()] == [".laike-token"]
