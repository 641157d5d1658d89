"""Which table of the base is which further table: its name may be changed by a person."""

import redis

from pipeline.state import unread
from pipeline.state.table import keys


class FurtherIds:
    """The ids of the further tables that the set-up made, in Redis; without them they are found by name."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def of(self, name: str) -> str | None:
        """The id of a table by its name in the settings."""
        return unread.fields(self._client, keys.FURTHER_TABLES, unread.text_of).get(name)

    def learn(self, name: str, table_id: str) -> None:
        """Remember the id of a table."""
        self._client.hset(keys.FURTHER_TABLES, name, table_id)
