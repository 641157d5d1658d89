"""kombu's Redis transport, made to outlive outages and refusals of Redis.

kombu takes an answer such as READONLY or OOM for a command's fault, which ends the worker or beat. Our parser reads it
as a connection error (`pipeline/state/outages.py`), and kombu reconnects until it is over. Besides:

- After a lost connection kombu asks the channel for connection parameters that are gone; its `AttributeError` would end
  a worker that holds unacknowledged messages.
- A connection counts only if Redis takes writes on it: else consumers would start, fail and start again at once.
- kombu takes a message off its queue before it notes it as unacknowledged: if the note fails, as with full memory, the
  message is put back before another one is taken.
- A transaction ends when it meets an outage: else it would start again at once, as long as the outage lasts.
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
# messages taken off their queue and not noted, with exchange and routing key
_taken: "deque[tuple[Any, str, str]]" = deque()
log = structlog.get_logger()


class Client(redis.Redis):
    """A channel's client."""

    def ping(self, **more: Any) -> Any:  # noqa: ANN401 redis-py's signature
        """Check that Redis answers and takes writes; kombu pings when it opens a channel."""
        answer = super().ping(**more)
        probe(self)
        return answer

    def transaction(self, func: Callable[[Any], Any], *watches: Any, **_: Any) -> Any:  # noqa: ANN401 redis-py's signature
        """Execute what `func` queues, unless a watched key changes meanwhile."""
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
        """Note a message; keep it here if that fails."""
        try:
            super().append(message, delivery_tag)
        except self.channel.connection_errors:
            where = message.delivery_info
            _taken.append((message._raw, where["exchange"], where["routing_key"]))  # noqa: SLF001 what kombu stores, too
            log.warning("message_kept", task=message.headers.get("task"))
            raise


class Channel(kombus.Channel):
    """A channel with our client and `QoS`."""

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 kombu's signature
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("the connection was lost")
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
        """A channel; an error names the cause and its cure."""
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
        transport._transport_cache.pop(scheme, None)  # noqa: SLF001 it may hold kombu's own


@contextmanager
def as_store_trouble() -> Iterator[None]:
    """Raise `StoreTrouble` for kombu's own error of a Redis that is away."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, AWAY):
            raise StoreTrouble(str(error)) from error.__cause__
        raise
