"""A Redis that answers and does not serve: how it comes to each such state, and back."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import redis

from tests.chaos.wire import Wire
from tests.workers import Store, wait_until

Act = Callable[[Any, Store], object]
NOBODY = ("127.0.0.1", "1")  # no primary listens there


@dataclass(frozen=True)
class Outage:
    """How a server is brought into a state, out of it, and the word that its answers then begin with."""

    word: str
    begin: Act
    end: Act


def _cannot_save(client: Any, store: Store) -> None:  # noqa: ANN401
    (store.home / "dump.rdb").mkdir()  # what it saves cannot take that name
    client.config_set("save", "3600 1")
    client.bgsave()
    assert wait_until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")


def _saves(client: Any, store: Store) -> None:  # noqa: ANN401
    client.config_set("save", "")
    (store.home / "dump.rdb").rmdir()


def _unblock(client: Any, _: Store) -> None:  # noqa: ANN401
    blocked = [one["id"] for one in client.client_list() if one["cmd"] in ("brpop", "blpop")]
    assert [client.execute_command("CLIENT", "UNBLOCK", number, "ERROR") for number in blocked]


OUTAGES: Mapping[str, Outage] = {
    "READONLY": Outage(
        "READONLY",
        lambda client, _: client.execute_command("REPLICAOF", *NOBODY),
        lambda client, _: client.execute_command("REPLICAOF", "NO", "ONE"),
    ),
    "OOM": Outage(
        "OOM",
        lambda client, _: client.config_set("maxmemory", 1),
        lambda client, _: client.config_set("maxmemory", 0),
    ),
    "MISCONF": Outage("MISCONF", _cannot_save, _saves),
    "NOREPLICAS": Outage(
        "NOREPLICAS",
        lambda client, _: client.config_set("min-replicas-to-write", 1),
        lambda client, _: client.config_set("min-replicas-to-write", 0),
    ),
    "UNBLOCKED": Outage("UNBLOCKED", _unblock, lambda client, _: client.ping()),
}


class Refusing(Wire):
    """A wire to Redis that, while `answer` is set, answers itself whatever is asked."""

    def __init__(self, target: int) -> None:
        self.answer = ""
        self._callers: set[socket.socket] = set()
        super().__init__(target)

    @property
    def url(self) -> str:
        """The address of the Redis behind it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _meet(self, caller: socket.socket) -> None:
        self._callers.add(caller)
        super()._meet(caller)

    def _carry(self, end: socket.socket) -> None:
        if self.answer and end in self._callers and end.recv(1 << 16):
            end.sendall(f"-{self.answer}\r\n".encode())
            return
        super()._carry(end)


def client_of(store: Store) -> Any:  # noqa: ANN401
    """A client that nothing is translated for."""
    return redis.Redis.from_url(store.url)
