"""The Redis client: made in one place, its errors turned into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from pipeline.core.errors import StoreUnreachable
from pipeline.redis_address import RedisAddress
from pipeline.state import keys
from pipeline.state.outages import Outage, Parser, Refusal, cause_of, name_of, passes
from pipeline.state.unread import Naming

TRIES, TRIED_S = (
    8,
    4,
)  # 0.05 + 0.1 + 0.2 + 0.4 + 0.8 + 1 + 1 s: outlasts a restart of Redis, and a person waits no longer
WITHOUT = "Without it: laike sync --local --no-redis"
PATIENT_TRIES = 40  # half a minute: a worker finishes its step in spite of an outage
# an answer takes milliseconds; a dropped connection never answers, and a lease outlasts one such wait
SILENCE_S = 3
# For every connection, also kombu's and that of results. Without the first two, each connection negotiates a newer
# protocol and sends the library's name, which costs 2 ms of CPU.
SPOKEN: dict[str, Any] = {"protocol": 2, "driver_info": None, "parser_class": Parser}
StoreTrouble = redis.ConnectionError  # any error by which Redis is unreachable


@dataclass(frozen=True, slots=True)
class Server:
    """What a Redis server reports about itself; a managed one may leave out each part."""

    version: str
    appends: bool | None  # whether every write goes into the append-only file
    policy: str | None  # maxmemory-policy
    at: datetime  # its clock, UTC


def describe(client: redis.Redis) -> Server:
    """Ask by `INFO` and `TIME`; many managed servers forbid `CONFIG`, some `INFO`."""
    try:
        info: Any = client.info()
    except (redis.ResponseError, Refusal):  # a wrong password fails again in the next command
        info = {}
    appends, policy = info.get("aof_enabled"), info.get("maxmemory_policy")
    version = str(info.get("redis_version", ""))
    return Server(version, None if appends is None else bool(appends), policy, clock(client))


def clock(client: redis.Redis) -> datetime:
    """Redis' time, UTC: one clock for all processes."""
    seconds, micros = client.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)


def probe(client: redis.Redis) -> None:
    """Check that Redis takes writes: the union of two empty sets stores nothing, and a cluster refuses it.

    Raises:
        StoreTrouble: Redis is unreachable, takes no writes, or needs a person.
    """
    client.sunionstore(keys.probe(0), [keys.probe(1), keys.probe(2)])


class _Wary(redis.ConnectionPool):
    """Closes its idle connections when one of them times out or meets an outage.

    The network dropped the others, too, and a demoted primary would still answer reads.
    """

    def make_connection(self) -> Any:  # noqa: ANN401 of any kind of address
        """A connection that closes the idle ones when it gets no answer."""
        made: Any = super().make_connection()
        read = made.read_response

        def read_or_give_up(*args: Any, **more: Any) -> Any:  # noqa: ANN401 the library's own parameters
            try:
                return read(*args, **more)
            except (redis.TimeoutError, Outage):
                self.disconnect(inuse_connections=False)
                raise

        made.read_response = read_or_give_up
        return made


class _Patience(Retry):
    """Retries what may pass and raises at once what needs a person; every error becomes a connection's error."""

    def call_with_retry(self, do: Any, fail: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 redis-py's signature
        """The result of `do`; `StoreTrouble` if Redis is unreachable, or needs a person."""
        try:
            return super().call_with_retry(do, fail, passes, *args, **more)
        except redis.TimeoutError as error:
            raise StoreTrouble(str(error)) from error


def connect(at: RedisAddress | str, tries: int = TRIES) -> redis.Redis:
    """A client that outlasts a restart, a failover and short outages; `StoreUnreachable` if the address is invalid."""
    return Naming.from_pool(_Wary(**_options(_address(at)), **_patient(tries)))


def _patient(tries: int) -> dict[str, Any]:
    return {
        "decode_responses": False,
        "socket_connect_timeout": 2,
        "socket_timeout": SILENCE_S,
        "health_check_interval": 25,
        **SPOKEN,
        "retry": _Patience(ExponentialBackoff(cap=1, base=0.05), tries),
    }


def _options(at: RedisAddress) -> dict[str, Any]:
    who = {"username": at.username or None, "password": at.password or None, "db": at.db}
    if at.path:
        return {"connection_class": redis.UnixDomainSocketConnection, "path": at.path, **who}
    kind = redis.Connection if at.tls_options is None else redis.SSLConnection
    return {"connection_class": kind, "host": at.host, "port": at.port, **(at.tls_options or {}), **who}


def _address(at: RedisAddress | str) -> RedisAddress:
    try:
        return at if isinstance(at, RedisAddress) else RedisAddress.read(at)
    except ValueError as error:
        raise StoreUnreachable(f"LAIKE_REDIS_URL {error}") from None


@contextmanager
def ours(at: RedisAddress | str) -> Iterator[None]:
    """Turn redis-py's errors into `StoreUnreachable` with address (without password), cause and cure."""
    try:
        yield
    except RedisError as error:
        cause = cause_of(error)
        tried = f"; tried {TRIES} times in about {TRIED_S} s" if cause.passes else ""
        cure = cause.cure if cause.cure.endswith("?") else f"{cause.cure}."
        msg = f"Redis at {_address(at).where} {cause.says} ({name_of(error)}{tried}): {cure} {WITHOUT}"
        raise StoreUnreachable(msg, for_maintainer=cause.advice) from error
