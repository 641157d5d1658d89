import redis

from pipeline.state import keys
from pipeline.state.table.base_facts import BaseFacts


class TestBaseFacts:
    def test_what_is_learned_is_known_to_every_process_and_of_no_other_base(self, client: redis.Redis) -> None:
        one, other, stranger = (BaseFacts(client, base) for base in ("bas1", "bas1", "bas2"))
        assert (one.creator(), one.zone()) == (None, None)
        one.learn_creator("ou_1")
        one.learn_zone("Asia/Shanghai")
        assert (other.creator(), other.zone()) == ("ou_1", "Asia/Shanghai")
        assert (stranger.creator(), stranger.zone()) == (None, None)

    def test_the_creator_of_rows_is_that_of_the_app_by_which_we_write(self, client: redis.Redis) -> None:
        one, other = (BaseFacts(client, "bas1", app_id) for app_id in ("cli_1", "cli_2"))
        client.set(keys.creator("bas1"), "ou_0")  # as a release left it that did not tell
        assert (one.creator(), other.creator()) == ("ou_0", "ou_0")
        one.learn_creator("ou_1")
        assert (one.creator(), other.creator()) == ("ou_1", None)
        other.learn_creator("ou_2")
        assert (one.creator(), other.creator()) == (None, "ou_2")

    def test_a_zone_is_known_for_a_day_and_a_creator_for_good(self, client: redis.Redis) -> None:
        BaseFacts(client, "bas1").learn_zone("UTC")
        BaseFacts(client, "bas1").learn_creator("ou_1")
        assert 86400 - 2 <= client.ttl(keys.zone("bas1")) <= 86400
        assert client.ttl(keys.creator("bas1")) == -1
