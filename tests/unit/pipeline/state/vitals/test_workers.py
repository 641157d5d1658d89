import redis

from pipeline.state.keys import DAY_S
from pipeline.state.store import clock
from pipeline.state.vitals import keys
from pipeline.state.vitals.workers import WorkerSigns


class TestWorkerSigns:
    def test_each_worker_has_its_last_sign_and_one_of_another_day_is_forgotten(self, client: redis.Redis) -> None:
        signs = WorkerSigns(client)
        assert signs.seen() == {}
        client.zadd(keys.WORKERS, {"old": clock(client).timestamp() - DAY_S - 1})
        signs.give("one")
        signs.give("two")
        signs.give("two")
        assert signs.seen().keys() == {"one", "two"}
        assert abs(signs.seen()["two"] - clock(client).timestamp()) < 5
        assert 0 < client.ttl(keys.WORKERS) <= DAY_S
