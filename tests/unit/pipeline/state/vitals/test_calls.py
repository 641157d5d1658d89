import redis

from pipeline.state.vitals.calls import Calls


class TestCalls:
    def test_counts_of_all_workers_add_up(self, client: redis.Redis) -> None:
        calls = Calls(client)
        assert (calls.calls(), calls.retries()) == ({}, {})
        calls.add({"report/promotion": 3, "records/search": 1}, {"report/promotion": 1})
        Calls(client).add({"report/promotion": 2}, {})
        assert calls.calls() == {"report/promotion": 5, "records/search": 1}
        assert calls.retries() == {"report/promotion": 1}
