"""What fetches found, put where a load looks for it, for tests that begin with the load."""

import redis

from pipeline.core.runs.source import Fetched
from pipeline.state.runs.staging import staged


def put_fetched(client: redis.Redis, batch_id: str, fetched: Fetched) -> None:
    """Keep what a fetch found, without its step."""
    found = staged(batch_id, fetched)
    client.set(found.key, found.data)
