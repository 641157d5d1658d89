from importlib import import_module
from typing import Any

import redis

from pipeline.state.vitals.queues import waiting

kombu: Any = import_module("kombu")  # it has no types


def test_messages_are_counted_by_queue(client: redis.Redis) -> None:
    client.rpush("fetch", "1", "2")
    assert waiting(client, ["control", "fetch"]) == {"control": 0, "fetch": 2}


def test_so_are_those_that_kombu_keeps_elsewhere_for_their_priority(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    queue = kombu.Queue("fetch", kombu.Exchange("fetch"), "fetch")
    with kombu.Connection(redis_url) as connection:
        producer = connection.Producer()
        for priority in (None, 3, 6, 9):
            producer.publish({}, exchange=queue.exchange, routing_key="fetch", declare=[queue], priority=priority)
    assert waiting(client, ["fetch"]) == {"fetch": 4}
    client.close()
