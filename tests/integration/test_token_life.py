"""Promise 4: the token lives on by itself, and where it cannot, a person is told in time what to do."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from pipeline.core.errors import NeedsAuthorization, ServerTrouble
from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.state.tokens.old_cache import read_old_cache
from pipeline.steps.telling.token import keep_token
from tests.lab import Lab, agree


def mirror(lab: Lab) -> Path:
    """The mirror file."""
    return Path(lab.environment()["LAIKE_TOKEN_FILE"])


def expired(lab: Lab, left: timedelta = timedelta(0)) -> None:
    """A pair whose access token has so long to live."""
    ctx = lab.context()
    ctx.tokens.store(replace(read_old_cache(lab.token_cache()), expires_at=ctx.now() + left))


def cards(lab: Lab) -> list[str]:
    """What the group was told, as text."""
    return [json.dumps(message, ensure_ascii=False) for message in lab.look("state")["messages"]]


class TestAPersonAuthorizes:
    def test_the_link_the_page_and_the_whole_callback_address_bring_a_token(self, lab: Lab) -> None:
        link = lab.laike("token", "url")
        assert link.returncode == 0, link.stderr
        ended = lab.laike("token", "exchange", agree(link.stdout.strip()))
        assert ended.returncode == 0, ended.stderr
        assert "Stop the old script" in ended.stderr
        assert lab.sync(lab.day).state == RunState.SUCCESS

    def test_a_code_that_was_used_asks_for_another_authorization(self, lab: Lab) -> None:
        callback = agree(lab.context().tokens.link)
        assert lab.laike("token", "exchange", callback).returncode == 0
        again = lab.laike("token", "exchange", callback)
        assert again.returncode == 4
        assert "laike token url" in again.stderr
        assert lab.laike("token", "refresh").returncode == 0  # the pair of the first exchange lives on

    @pytest.mark.parametrize(
        "pasted", ["", "two words", "https://example.com/cb?app_id=1&auth_code=x", "https://example.com/cb"]
    )
    def test_what_is_no_code_is_refused_before_anybody_is_asked(self, lab: Lab, pasted: str) -> None:
        ended = lab.laike("token", "exchange", pasted)
        assert ended.returncode == 2
        assert lab.calls("oauth.access_token") == 0

    def test_status_says_who_refreshed_and_refresh_does_it_now(self, lab: Lab) -> None:
        lab.context()
        assert lab.laike("token", "refresh").returncode == 0
        assert lab.calls("oauth.refresh_token") == 1
        told = json.loads(lab.laike("token", "status", "--json").stdout)
        assert [one["what"] for one in told["refreshes"]] == ["refreshed", "brought"]
        assert (told["needs_person"], told["reason"]) == (False, None)
        shown = lab.laike("token", "status").stdout
        assert told["refreshes"][0]["by"] in shown

    def test_the_key_is_rotated_by_the_command(self, lab: Lab) -> None:
        lab.context()
        old, new = lab.environment()["LAIKE_TOKEN_KEYS"], "bmV3LWtleS1vZi0zMi1ieXRlcy1mb3ItdGVzdHMtb24="
        assert lab.laike("token", "status", LAIKE_TOKEN_KEYS=new).returncode == 4
        assert lab.laike("token", "rotate-key", LAIKE_TOKEN_KEYS=f"{new},{old}").returncode == 0
        assert lab.laike("token", "status", LAIKE_TOKEN_KEYS=new).returncode == 0
        refused = lab.laike("token", "status")
        assert refused.returncode == 4
        assert "LAIKE_TOKEN_KEYS" in refused.stderr


class TestItLivesOn:
    def test_the_morning_on_which_a_dead_token_was_reported_as_a_success(self, lab: Lab) -> None:
        """A token that ended overnight and that nobody refreshed: 40102 for every account."""
        expired(lab, left=timedelta(hours=20))  # as the cache has it; the service says otherwise
        lab.control("oauth", {"access_expires_in": -1})
        refused = lab.laike("sync", "--local", "--day", lab.day.isoformat(), "--json")
        assert refused.returncode == 0, refused.stderr
        assert json.loads(refused.stdout)["state"] == "success"
        codes = {call["code"] for call in lab.look("calls")["calls"] if call["endpoint"] == "report.account"}
        assert {0, 40102} <= codes <= {0, 40102, 40105}  # 40105: sent before the refresh, answered after it
        assert lab.calls("oauth.refresh_token") == 1
        lab.assert_agrees()

    def test_with_the_refresh_token_dead_as_well_the_run_fails_and_one_card_has_the_link(self, lab: Lab) -> None:
        ctx = lab.context()
        lab.control("rotate", {})
        ended = lab.laike("sync", "--local", "--day", lab.day.isoformat(), "--json")
        assert ended.returncode == 4
        assert json.loads(ended.stdout)["state"] == "failed"
        assert ctx.tokens.link in ended.stdout
        with pytest.raises(NeedsAuthorization):
            keep_token(ctx)
        told = cards(lab)
        assert len(told) == 1
        assert ctx.tokens.link in told[0]
        assert lab.calls("oauth.refresh_token") == 1  # the dead token was asked for once
        assert lab.laike("token", "status").returncode == 4

    def test_redis_was_emptied(self, lab: Lab) -> None:
        expired(lab)
        redis.Redis.from_url(lab.redis_url).flushall()
        self.goes_on(lab)

    def test_the_mirror_is_gone(self, lab: Lab) -> None:
        expired(lab)
        mirror(lab).unlink()
        self.goes_on(lab)

    def test_redis_was_restored_from_an_older_copy(self, lab: Lab) -> None:
        client = lab.context().client
        copy = client.dump(keys.TOKEN)
        self.refreshed(lab)
        client.restore(keys.TOKEN, 0, copy, replace=True)  # type: ignore[arg-type]
        self.goes_on(lab)

    @pytest.mark.parametrize("first", ["old", "new"])
    def test_of_two_machines_one_has_an_old_mirror(self, lab: Lab, first: str) -> None:
        lab.context()
        old = lab.home / "old"
        old.write_bytes(mirror(lab).read_bytes())
        self.refreshed(lab)
        places = {"old": str(old), "new": str(mirror(lab))}
        for place in (first, "new" if first == "old" else "old"):
            ended = lab.laike("sync", "--local", "--day", lab.day.isoformat(), LAIKE_TOKEN_FILE=places[place])
            assert ended.returncode == 0, ended.stderr
        assert lab.calls("oauth.refresh_token") == 1

    def test_redis_and_the_mirror_are_both_gone(self, lab: Lab) -> None:
        link = lab.context().tokens.link
        redis.Redis.from_url(lab.redis_url).flushall()
        mirror(lab).unlink()
        ended = lab.laike("sync", "--local", "--day", lab.day.isoformat())
        assert ended.returncode == 4
        assert link in ended.stdout

    def refreshed(self, lab: Lab) -> None:
        """The pair is another one than it was."""
        ctx = lab.context()
        ctx.tokens.renew(ctx.tokens.pair().access_token)

    def goes_on(self, lab: Lab) -> None:
        """The next run succeeds without a person."""
        ended = lab.laike("sync", "--local", "--day", lab.day.isoformat())
        assert ended.returncode == 0, ended.stderr
        assert lab.calls("oauth.refresh_token") == 1


class TestKeepToken:
    def test_a_token_with_under_an_hour_left_is_refreshed_and_nobody_is_bothered(self, lab: Lab) -> None:
        expired(lab, left=timedelta(minutes=50))
        keep_token(lab.context())
        assert lab.calls("oauth.refresh_token") == 1
        assert cards(lab) == []

    def test_under_three_days_before_the_end_the_group_is_warned_once_a_day(self, lab: Lab) -> None:
        ctx = lab.context()
        pair = replace(ctx.tokens.pair(), refresh_expires_at=ctx.now() + timedelta(days=2, hours=23, minutes=30))
        ctx.tokens.store(pair)
        for _ in range(3):
            keep_token(ctx)
        (told,) = cards(lab)
        assert "71 小时后到期" in told
        assert ctx.tokens.link in told
        tomorrow = replace(ctx, now=lambda: lab.context().now() + timedelta(days=1))
        keep_token(tomorrow)
        assert len(cards(lab)) == 2

    @pytest.mark.parametrize(
        ("prepare", "reason"),
        [
            (lambda lab: lab.control("rotate", {}), "旧脚本可能仍在运行"),
            (lambda lab: lab.fault("oauth.refresh_token", "code", code=50000, times="always"), "错误码 50000"),
        ],
    )
    def test_a_failed_refresh_is_told_at_once_with_reason_and_link(
        self, lab: Lab, prepare: Callable[[Lab], None], reason: str
    ) -> None:
        expired(lab, left=timedelta(minutes=5))
        prepare(lab)
        ctx = lab.context()
        for _ in range(2):
            with pytest.raises((NeedsAuthorization, ServerTrouble)):
                keep_token(ctx)
        (told,) = cards(lab)
        assert reason in told
        assert ctx.tokens.link in told

    def test_a_card_that_could_not_be_sent_is_sent_at_the_next_look(self, lab: Lab) -> None:
        expired(lab, left=timedelta(minutes=5))
        lab.control("rotate", {})
        lab.fault("bot.webhook", "code", code=11232, times=1)
        ctx = lab.context()
        for _ in range(3):
            with pytest.raises(NeedsAuthorization):
                keep_token(ctx)
        assert len(cards(lab)) == 1


class TestWithoutRedis:
    def sync(self, lab: Lab, *words: str) -> "tuple[int, str, str]":
        ended = lab.laike("sync", *words, "--no-redis", LAIKE_REDIS_URL="redis://127.0.0.1:1/0")
        return ended.returncode, ended.stdout, ended.stderr

    def test_the_worst_morning_ends_well_and_loudly(self, lab: Lab) -> None:
        expired(lab)
        code, said, warned = self.sync(lab, "--local", "--json")
        assert code == 0, warned
        assert (json.loads(said)["state"], json.loads(said)["verified"]) == ("success", True)
        assert "no worker, no beat and no second command may run now" in warned
        lab.assert_agrees()
        assert lab.calls("oauth.refresh_token") == 1

    def test_the_pair_that_it_refreshed_is_the_one_that_redis_gets_afterwards(self, lab: Lab) -> None:
        expired(lab)
        assert self.sync(lab, "--local")[0] == 0
        assert lab.sync(lab.day).state == RunState.SUCCESS
        assert lab.calls("oauth.refresh_token") == 1

    def test_a_second_run_doubles_nothing(self, lab: Lab) -> None:
        lab.context()
        assert [self.sync(lab, "--local")[0] for _ in range(2)] == [0, 0]
        lab.assert_agrees()
        assert self.sync(lab, "--local", "--json")[1].count('"created": 0')

    def test_it_makes_sense_only_in_this_process(self, lab: Lab) -> None:
        code, _, said = self.sync(lab)
        assert code == 2
        assert "--local" in said

    def test_without_a_mirror_a_person_is_needed(self, lab: Lab) -> None:
        code, said, _ = self.sync(lab, "--local")
        assert code == 4
        assert "oauth.html" in said

    def test_a_redis_out_of_reach_names_the_way_without_it(self, lab: Lab) -> None:
        ended = lab.laike("sync", "--local", LAIKE_REDIS_URL="redis://127.0.0.1:1/0")
        assert ended.returncode == 3
        assert "--no-redis" in ended.stderr
