"""The chain of a table: kept under each of its tables, so that whichever the settings name finds it."""

from typing import Any

import redis

from pipeline.core.chain import Chain, alone
from pipeline.state import codec, keys, unread


class Chains:
    """The chain of one table, in Redis; a table that was never foretold a successor has none and is alone."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id

    def chain(self) -> Chain:
        """The chain, or the table alone."""
        found: Any = self._client.get(keys.chain(self._table_id))
        return self._parsed(found)

    def with_unclear(self) -> tuple[Chain, tuple[str, ...] | None]:
        """The chain, and the tables among which a person must choose (`Schema.unclear`): one command if neither is."""
        found = unread.texts(self._client, keys.chain(self._table_id), keys.HISTORY_UNCLEAR)
        chain, unclear = found
        said = None if unclear is None else unread.text_of(unclear, keys.HISTORY_UNCLEAR)
        return self._parsed(chain), None if said is None else tuple(said.split())

    def root_of(self, table_id: str) -> str:
        """The first table of another table's chain."""
        return Chains(self._client, table_id).chain().root

    def learn(self, chain: Chain) -> None:
        """Remember a chain."""
        data = codec.dump(chain, Chain)
        self._client.mset({keys.chain(table_id): data for table_id in (self._table_id, *chain.ids)})

    def learn_again(self, chain: Chain) -> None:
        """Remember a chain that is forgotten since Redis was emptied; a newer one stands."""
        data = codec.dump(chain, Chain)
        self._client.msetnx({keys.chain(table_id): data for table_id in chain.ids})

    def forget(self, table_id: str) -> None:
        """Forget that a table is in a chain."""
        self._client.delete(keys.chain(table_id))

    def _parsed(self, found: bytes | None) -> Chain:
        return alone(self._table_id) if found is None else codec.load(Chain, found, keys.chain(self._table_id))
