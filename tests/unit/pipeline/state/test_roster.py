from datetime import UTC, datetime, timedelta

import pytest
import redis

from pipeline.core.accounts.roster import LIFE, Found, Roster, Skipped, roster
from pipeline.state import keys
from pipeline.state.roster import Rosters

NOW = datetime(2026, 2, 15, tzinfo=UTC)


def made(*names: str, at: datetime = NOW) -> Roster:
    found = [Found(str(number), name, LIFE) for number, name in enumerate(names, start=1)]
    return roster(found, [Skipped("71", "城南餐饮")], {}, at)


class TestRosters:
    def test_nothing_is_known_at_first(self, client: redis.Redis) -> None:
        fresh = Rosters(client)
        assert (fresh.last(), fresh.names(), fresh.take_news("run-1")) == (None, {}, ())

    def test_the_last_roster_is_known_to_every_process(self, client: redis.Redis) -> None:
        Rosters(client).keep(made("城东店"), [])
        Rosters(client).keep(made("城东店", "城西店"), [])
        assert Rosters(client).last() == made("城东店", "城西店")

    def test_the_first_name_of_an_account_stays(self, client: redis.Redis) -> None:
        rosters = Rosters(client)
        rosters.keep(made("城东店"), [])
        rosters.keep(made("改名店", "城西店"), [])
        assert rosters.names() == {"1": "城东店", "2": "城西店"}

    def test_a_name_that_a_person_chose_wins(self, client: redis.Redis) -> None:
        rosters = Rosters(client)
        rosters.keep(made("城东店"), [])
        rosters.learn_names({"1": "一店", "9": "九店"})
        rosters.keep(made("城东店"), [])
        assert rosters.names() == {"1": "一店", "9": "九店"}

    def test_news_belong_to_the_first_run_that_asks_however_often_it_asks(self, client: redis.Redis) -> None:
        rosters = Rosters(client)
        rosters.keep(made("城东店"), ["乙", "甲"])
        rosters.keep(made("城东店", at=NOW + timedelta(days=1)), ["丙", "甲"])
        assert rosters.take_news("run-1") == rosters.take_news("run-1") == ("乙", "甲", "丙")
        assert rosters.take_news("run-2") == ()
        rosters.keep(made("城东店", at=NOW + timedelta(days=2)), ["丁"])
        assert rosters.take_news("run-2") == ("丁",)
        assert rosters.take_news("run-1") == ("乙", "甲", "丙")

    def test_each_key_lives_as_long_as_the_table_of_keys_says(self, client: redis.Redis) -> None:
        rosters = Rosters(client)
        rosters.keep(made("城东店"), ["甲"])
        rosters.take_news("run-1")
        lives = {
            keys.ROSTER: -1,
            keys.ACCOUNT_NAMES: -1,
            keys.ACCOUNT_NEWS: 30 * 86400,
            keys.ACCOUNT_NEWS_TOLD: 30 * 86400,
        }
        assert {key: int(client.ttl(key)) for key in lives} == pytest.approx(lives, abs=2)
