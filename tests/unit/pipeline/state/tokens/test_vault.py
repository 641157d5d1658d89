import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet
from structlog.testing import capture_logs

from pipeline.core.errors import (
    NeedsPerson,
)
from pipeline.core.model import TokenPair
from pipeline.state import codec, keys
from pipeline.state.tokens.vault import Vault
from tests.unit.pipeline.state.token_house import HOUR, KEY, NOW, OTHER, PAIR, House, full, living

# what may lie where the mirror should
BAD_MIRRORS: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(b"garbage"),
    "another key's": lambda path: path.write_bytes(Fernet(OTHER).encrypt(b"{}")),
    "no pair": lambda path: path.write_bytes(Fernet(KEY).encrypt(b'"canary"')),
    "a folder": Path.mkdir,
    "a FIFO": os.mkfifo,
    "without an end": lambda path: path.symlink_to("/dev/zero"),
    "too large": lambda path: path.write_bytes(b"x" * 100_000),
}


class TestWhosePairItIs:
    def test_a_pair_of_another_app_does_not_count_and_stays_where_it_is(self, house: House) -> None:
        ours, theirs = (Vault(house.client, house.token_keys, house.mirror, app_id) for app_id in ("18", "19"))
        ours.overwrite(PAIR)
        assert theirs.pair() is None
        assert [pair.app_id for pair in theirs.readable()] == ["18", "18"]
        assert (ours.pair() or PAIR).app_id == "18"

    def test_the_newest_of_ours_counts_and_takes_nothing_newer_away(self, house: House) -> None:
        ours, theirs = (Vault(house.client, house.token_keys, house.mirror, app_id) for app_id in ("18", "19"))
        ours.overwrite(PAIR)
        mirrored = house.mirror.read_bytes()
        theirs.overwrite(replace(PAIR, access_token="access-canary-2", generation=PAIR.generation + 1))
        house.mirror.write_bytes(mirrored)
        assert (ours.pair() or PAIR).access_token == "access-canary-1"
        assert {pair.app_id for pair in ours.readable()} == {"18", "19"}

    def test_a_pair_of_a_release_that_did_not_tell_counts_for_every_app(self, house: House) -> None:
        house.keeper().vault.overwrite(PAIR)
        assert Vault(house.client, house.token_keys, house.mirror, "18").pair() == PAIR
        Vault(house.client, house.token_keys, house.mirror, "18").keep(replace(PAIR, generation=PAIR.generation + 1))
        assert Vault(house.client, house.token_keys, house.mirror, "19").pair() is None


class TestTwoPlaces:
    def test_the_place_that_lacks_the_newest_pair_gets_it(self, house: House) -> None:
        living(house, 20 * HOUR)
        old_redis, old_mirror = house.stored(), house.mirror.read_bytes()
        house.keeper().renew("access-canary-1")
        for lose in (
            lambda: house.client.delete(keys.TOKEN),
            lambda: house.put_back(old_redis),
            house.mirror.unlink,
            lambda: house.mirror.write_bytes(old_mirror),
        ):
            lose()
            assert house.keeper().current() == "access-canary-new-1"
            both = Vault(house.client, house.token_keys, house.mirror).readable()
            assert [pair.access_token for pair in both] == ["access-canary-new-1"] * 2

    def test_two_machines_of_which_one_has_an_old_mirror_agree(self, house: House) -> None:
        living(house, 20 * HOUR)
        other = house.mirror.with_name("other machine")
        other.write_bytes(house.mirror.read_bytes())
        house.keeper().renew("access-canary-1")
        assert house.keeper(other).current() == "access-canary-new-1"
        house.client.flushdb()
        assert house.keeper(other).current() == "access-canary-new-1"

    def test_whoever_slept_over_his_turn_overwrites_no_newer_pair(self, house: House) -> None:
        living(house, timedelta(minutes=5))
        slept = replace(PAIR, access_token="slept", generation=int(NOW.timestamp() * 1000) - 1)
        house.keeper().renew("access-canary-1")
        vault = Vault(house.client, house.token_keys, house.mirror)
        vault.keep(slept)
        assert [pair.access_token for pair in vault.readable()] == ["access-canary-new-1"] * 2

    def test_a_damaged_mirror_is_told_once_and_mended_by_the_next_refresh(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.mirror.write_bytes(b"")
        keeper = quick.keeper()
        with capture_logs() as logs:
            assert [keeper.current() for _ in range(3)] == ["access-canary-1"] * 3
        assert [line["event"] for line in logs] == ["token_not_readable"]
        assert quick.mirror.read_bytes() == b""
        keeper.renew("access-canary-1")
        quick.client.flushdb()
        assert quick.keeper().current() == "access-canary-new-1"

    def test_the_pair_that_was_replaced_is_kept(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.keeper().renew("access-canary-1")
        quick.keeper().renew("access-canary-new-1")
        pair = quick.keeper().pair()
        assert pair.previous is not None
        assert (pair.previous.access_token, pair.previous.previous) == ("access-canary-new-1", None)


class TestKeyRotation:
    def test_after_it_the_old_key_may_go(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.token_keys = [OTHER, KEY]
        assert quick.keeper().rotate_key()
        quick.token_keys = [OTHER]
        both = Vault(quick.client, quick.token_keys, quick.mirror).readable()
        assert [pair.access_token for pair in both] == ["access-canary-1"] * 2

    def test_with_the_wrong_key_nothing_is_changed(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        before = quick.stored(), quick.mirror.read_bytes()
        quick.token_keys = [OTHER]
        with pytest.raises(NeedsPerson, match="LAIKE_TOKEN_KEYS"):
            quick.keeper().rotate_key()
        assert (quick.stored(), quick.mirror.read_bytes()) == before

    def test_a_mirror_that_cannot_be_written_is_told(self, quick: House, monkeypatch: pytest.MonkeyPatch) -> None:
        living(quick, 20 * HOUR)
        monkeypatch.setattr(os, "fsync", full)
        assert not quick.keeper().rotate_key()


class TestMirror:
    def test_only_its_owner_reads_the_mirror(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        assert stat.S_IMODE(quick.mirror.stat().st_mode) == 0o600

    def test_a_mirror_that_others_could_read_is_closed_at_the_next_refresh(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.mirror.chmod(0o644)
        quick.keeper().renew("access-canary-1")
        assert stat.S_IMODE(quick.mirror.stat().st_mode) == 0o600

    def test_a_mirror_that_others_could_write_is_closed_at_once_and_told_once(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.mirror.chmod(0o666)
        vault = Vault(quick.client, quick.token_keys, quick.mirror)
        with capture_logs() as logs:
            assert [vault.pair() is not None for _ in range(3)] == [True] * 3
        assert stat.S_IMODE(quick.mirror.stat().st_mode) == 0o600
        told = "mode 0666 let others at it; it is 0600 now"
        assert [(line["event"], line["why"]) for line in logs] == [("token_mirror_was_open", told)]
        assert vault.was_open == told

    @pytest.mark.parametrize("thing", BAD_MIRRORS)
    def test_a_bad_mirror_stops_nothing_while_redis_has_the_pair(self, thing: str, quick: House) -> None:
        living(quick, 20 * HOUR)
        quick.mirror.unlink()
        BAD_MIRRORS[thing](quick.mirror)
        vault = Vault(quick.client, quick.token_keys, quick.mirror)
        with capture_logs() as logs:
            assert [pair.access_token for pair in (vault.pair(), vault.pair()) if pair] == ["access-canary-1"] * 2
        assert len([line for line in logs if line["event"].endswith("not_readable")]) == 1
        assert not vault.mirrored()
        quick.client.flushdb()
        with pytest.raises(NeedsPerson) as caught:
            vault.pair()
        assert str(quick.mirror) in caught.value.message
        assert "canary" not in caught.value.message

    def test_a_pair_that_ends_when_no_token_does_is_none(self, quick: House) -> None:
        living(quick, 20 * HOUR)
        absurd = replace(PAIR, expires_at=PAIR.expires_at.replace(year=1), generation=PAIR.generation + 10**6)
        sealed = MultiFernet([Fernet(KEY)]).encrypt(codec.dump(absurd, TokenPair))
        quick.mirror.write_bytes(sealed)
        assert (quick.keeper().vault.pair() or absurd).access_token == "access-canary-1"
        quick.client.flushdb()
        with pytest.raises(NeedsPerson, match=str(quick.mirror)):
            quick.keeper().current()

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
