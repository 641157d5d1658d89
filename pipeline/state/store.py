"""The Redis client: made in one place, its errors turned into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from pipeline.core.errors import StoreUnreachable

TRIES, TRIED_S = 8, 4  # 0.05 + 0.1 + 0.2 + 0.4 + 0.8 + 1 + 1 s: a restart of Redis; a person waits no longer
PATIENT_TRIES = 40  # half a minute: what a worker has begun it can carry over an outage
# an answer takes milliseconds; a connection that the network forgot answers never, and a lease outlives one such
SILENCE_S = 3
# else each new connection negotiates a newer protocol and tells the library's name, for 2 ms of CPU
AT_ONCE: dict[str, Any] = {"protocol": 2, "driver_info": None}
StoreTrouble = (redis.ConnectionError, redis.TimeoutError)  # redis-py's errors, for those who come back later


@dataclass(frozen=True, slots=True)
class Server:
    """What a Redis server says of itself; `None` where a managed one does not say."""

    version: str
    appends: bool | None  # whether every write goes into a log that outlives the process
    policy: str | None  # what is thrown out when memory is full
    at: datetime  # its clock, UTC


def describe(client: redis.Redis) -> Server:
    """The server as `INFO` and `TIME` tell; `CONFIG` is forbidden on many managed ones."""
    info: Any = client.info()
    appends, policy = info.get("aof_enabled"), info.get("maxmemory_policy")
    seconds, micros = client.time()
    at = datetime.fromtimestamp(seconds + micros / 1_000_000, UTC)
    return Server(str(info.get("redis_version", "")), None if appends is None else bool(appends), policy, at)


class _Wary(redis.ConnectionPool):
    """Gives its idle connections up where one falls silent: a network that forgot one forgot the others, too."""

    def make_connection(self) -> Any:  # noqa: ANN401 of any kind of address
        """A connection that tells the others when it is not answered."""
        made: Any = super().make_connection()
        read = made.read_response

        def read_or_give_up(*args: Any, **more: Any) -> Any:  # noqa: ANN401 the library's own parameters
            try:
                return read(*args, **more)
            except redis.TimeoutError:
                self.disconnect(inuse_connections=False)
                raise

        made.read_response = read_or_give_up
        return made


def connect(url: str, tries: int = TRIES) -> redis.Redis:
    """A client that rides out a restart.

    Raises:
        StoreUnreachable: The address is not one.
    """
    try:
        pool = _Wary.from_url(
            url,
            decode_responses=False,
            socket_connect_timeout=2,
            socket_timeout=SILENCE_S,
            health_check_interval=25,
            **AT_ONCE,
            retry=Retry(ExponentialBackoff(cap=1, base=0.05), tries),
            retry_on_error=[redis.ConnectionError, redis.TimeoutError, BusyLoadingError],
        )
        return redis.Redis.from_pool(pool)
    except ValueError:  # its words may quote a part of the password
        msg = (
            "LAIKE_REDIS_URL is not a Redis address, such as redis://:PASSWORD@HOST:6379/0 (/ # ? in it as %2F %23 %3F)"
        )
        raise StoreUnreachable(msg) from None


@contextmanager
def ours(url: str) -> Iterator[None]:
    """Turn redis-py's errors into `StoreUnreachable`, naming the address without its password."""
    try:
        yield
    except RedisError as error:
        parts = urlsplit(url)
        where = f"{parts.hostname}:{parts.port or 6379}"
        tried = f"{type(error).__name__}; tried {TRIES} times in about {TRIED_S} s"
        msg = f"Redis at {where} does not answer ({tried}): is it running? Without it: laike sync --local --no-redis"
        raise StoreUnreachable(msg) from error
