"""The broker's transport: kombu's own for Redis, which outlives what Redis may do or answer.

kombu takes an answer such as READONLY or OOM for the fault of a command and lets it end the worker or beat; read by our
parser it is a connection's error (`pipeline/state/outages.py`), and kombu connects anew until it is over. What kombu
needs besides:

- A clean-up of a lost connection asks the channel for connection parameters after the connection was taken away; an
  `AttributeError` would end a worker that holds unacknowledged messages.
- A connection counts only when Redis takes writes on it: else consumers would begin, fail and begin again at once.
- A message is taken off its queue before it is noted as unacknowledged: where that fails, as it does when memory is
  full, it is put back before another one is taken.
- A transaction that meets an outage ends: by itself it would begin again at once, for as long as the outage lasts.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
import structlog
from kombu import transport
from kombu.exceptions import OperationalError
from kombu.transport import redis as kombus

from pipeline.state.outages import Answered, in_words
from pipeline.state.store import SPOKEN, StoreTrouble, probe

AWAY = (redis.ConnectionError, redis.TimeoutError)
# messages that were taken off their queue and noted nowhere, with exchange and routing key
_taken: "deque[tuple[Any, str, str]]" = deque()
log = structlog.get_logger()


class Client(redis.Redis):
    """A channel's client."""

    def ping(self, **more: Any) -> Any:  # noqa: ANN401 redis-py's signature
        """Ask whether Redis answers, and takes writes: kombu does when it opens a channel."""
        answer = super().ping(**more)
        probe(self)
        return answer

    def transaction(self, func: Callable[[Any], Any], *watches: Any, **_: Any) -> Any:  # noqa: ANN401 redis-py's signature
        """What `func` queues, while nobody changes the watched keys."""
        with self.pipeline() as pipe:
            while True:
                try:
                    pipe.watch(*watches)
                    func(pipe)
                    return pipe.execute()
                except redis.WatchError as error:
                    if isinstance(error.__context__, AWAY):
                        raise error.__context__ from None


class QoS(kombus.QoS):
    """Notes messages as unacknowledged."""

    def append(self, message: Any, delivery_tag: str) -> None:  # noqa: ANN401 kombu's signature
        """Note a message; one that cannot be noted is kept here."""
        try:
            super().append(message, delivery_tag)
        except self.channel.connection_errors:
            where = message.delivery_info
            _taken.append((message._raw, where["exchange"], where["routing_key"]))  # noqa: SLF001 what kombu stores, too
            log.warning("message_kept", task=message.headers.get("task"))
            raise


class Channel(kombus.Channel):
    """A channel of this transport."""

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 kombu's signature
        if self.connection is None or self.connection.client is None:
            msg = "the connection was lost"
            raise redis.ConnectionError(msg)
        return {**super()._connparams(asynchronous), **SPOKEN}

    def _get_client(self) -> type[redis.Redis]:
        return Client

    def _brpop_start(self, timeout: float | None = None) -> None:
        while _taken:
            with self.conn_or_acquire() as client:
                self._do_restore_message(*_taken[0], client)
            _taken.popleft()
        super()._brpop_start(timeout)


class Transport(kombus.Transport):
    """kombu's transport with these channels."""

    Channel = Channel

    def create_channel(self, connection: Any) -> Any:  # noqa: ANN401 kombu's signature
        """A channel; where there is none to be had, the error names the cause and its cure."""
        try:
            return super().create_channel(connection)
        except Answered:
            raise
        except AWAY as error:
            raise redis.ConnectionError(in_words(error)) from error


def install() -> None:
    """Let kombu use this transport for every address of Redis. Harmless when called twice."""
    for scheme in ("redis", "rediss"):
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
        transport._transport_cache.pop(scheme, None)  # noqa: SLF001 what was asked for before is remembered there


@contextmanager
def as_store_trouble() -> Iterator[None]:
    """Raise `StoreTrouble` where kombu raises an error of its own for a Redis that is away."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, AWAY):
            raise StoreTrouble(str(error)) from error.__cause__
        raise
