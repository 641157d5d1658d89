import redis

from pipeline.state import keys
from pipeline.state.beat import BeatSigns


class TestBeatSigns:
    def test_a_sign_is_seen_until_it_is_a_quarter_of_an_hour_old(self, client: redis.Redis) -> None:
        signs = BeatSigns(client)
        assert not signs.seen()
        signs.give()
        assert signs.seen()
        assert client.ttl(keys.BEAT) == 900
        client.delete(keys.BEAT)
        assert not signs.seen()
