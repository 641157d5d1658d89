"""Records that nobody can read: told by their key, put away where they are made again, skipped where people only look.

Work stops at a record that is not made again (`Record.made_again`). A page or a command that only looks shows the rest,
changes nothing, and says which records it left out: what is read inside `looking()`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, TypeVar

import redis
import structlog
from redis.client import Pipeline

from pipeline.core.unreadable import Unreadable, record_of
from pipeline.state import keys

T = TypeVar("T")
Parse = Callable[[bytes, str, str], T]  # makes a value of its bytes; key and field say where they were
_left_out: ContextVar[dict[tuple[str, str], Unreadable] | None] = ContextVar("left_out", default=None)
_COUNTS = "value is not an integer", "hash value is not an integer", "is not a valid float"

log = structlog.get_logger()


@contextmanager
def looking() -> Iterator[Mapping[tuple[str, str], Unreadable]]:
    """Skip what cannot be read, and keep it in mind: what is inside only looks."""
    found: dict[tuple[str, str], Unreadable] = {}
    before = _left_out.set(found)
    try:
        yield found
    finally:
        _left_out.reset(before)


def left_out() -> Sequence[Unreadable]:
    """What was skipped so far inside `looking`."""
    return list((_left_out.get() or {}).values())


@contextmanager
def sparing(*, always: bool = False) -> Iterator[None]:
    """Go on behind the block without a record that cannot be read, if that may be.

    Args:
        always: Whoever reads may go on, since somebody else takes care of the record.

    Raises:
        Unreadable: Somebody works with it, and it is not made again.
    """
    try:
        yield
    except Unreadable as error:
        found = _left_out.get()
        if found is not None:
            found[error.key, error.field] = error
        elif always or error.record.made_again:
            log.warning("record_skipped", why=error.message)
        else:
            raise


def parsed(parse: Callable[[str], T], data: bytes, key: str, field: str = "") -> T:
    """What a plain text of Redis says, such as a number or a day; `Unreadable` if it does not."""
    try:
        return parse(data.decode())
    except (ValueError, OverflowError):
        raise Unreadable(key, field) from None


def text_of(data: bytes, key: str, field: str = "") -> str:
    """A text of Redis."""
    return parsed(str, data, key, field)


def texts(client: redis.Redis, *names: str) -> list[bytes | None]:
    """The values of keys, as MGET, which takes a value of another type for none; one command if there are none."""
    if not client.exists(*names):
        return [None] * len(names)
    found: list[Any] = [client.get(name) for name in names]
    return found


def number_of(data: bytes, key: str, field: str = "") -> int:
    """A whole number of Redis."""
    return parsed(int, data, key, field)


def moment_of(data: bytes, key: str, field: str = "") -> datetime:
    """A time of Redis, with its zone."""
    return parsed(_moment, data, key, field)


def day_of(field: bytes | str) -> date | None:
    """The day that names a field of a hash by day; `None`: no day is kept there."""
    try:
        return date.fromisoformat(field.decode() if isinstance(field, bytes) else field)
    except ValueError:
        return None


def _moment(said: str) -> datetime:
    found = datetime.fromisoformat(said)
    if found.tzinfo is None:
        raise ValueError
    return found


def fields(client: redis.Redis, key: str, parse: Parse[T]) -> dict[str, T]:
    """A hash without fields that cannot be read.

    Args:
        parse: Makes a value of its bytes, the key and the field.

    Raises:
        Unreadable: Somebody works with it, and it is not made again.
    """
    with sparing():
        found: Any = client.hgetall(key)
        return dict(readable(found, key, parse))
    return {}


def readable(found: Mapping[bytes, bytes], key: str, parse: Parse[T]) -> Iterator[tuple[str, T]]:
    """The same of what Redis answered."""
    for name, data in found.items():
        field = name.decode(errors="replace")
        with sparing():
            yield field, parse(data, key, field)


def items(found: Iterable[bytes], key: str, parse: Callable[[bytes, str], T]) -> list[T]:
    """The entries of a list without those that cannot be read; raises as `fields`."""
    return list(_each(found, key, parse))


def _each(found: Iterable[bytes], key: str, parse: Callable[[bytes, str], T]) -> Iterator[T]:
    for data in found:
        with sparing():
            yield parse(data, key)


def answers(pipe: Pipeline) -> Iterator[Any]:
    """The answers of many commands, `None` where a record cannot be read; raises as `fields`."""
    return map(_spared, pipe.execute(raise_on_error=False))


def _spared(answer: object) -> object:
    if not isinstance(answer, Exception):
        return answer
    with sparing():
        raise answer
    return None


def is_of_another_form(error: object) -> bool:
    """Whether Redis refuses a value of another form: the value is wrong, not Redis."""
    if not isinstance(error, redis.ResponseError):
        return False
    said = str(error)
    return "WRONGTYPE" in said or any(words in said for words in _COUNTS)


class Naming(redis.Redis):
    """Says which record is of another form than a command expects.

    One that is made again is put away for 30 days (`keys.put_away`), and the command goes on without it.
    """

    def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 the library's own
        """The answer to a command; `Unreadable` if a record is of another form."""
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except redis.ResponseError as error:
            self.make_room(error, args)
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:  # noqa: ANN401, FBT001, FBT002 as the library
        """Commands in one round trip."""
        made = NamingPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.naming = self
        return made

    def make_room(self, error: redis.ResponseError, command: Sequence[Any]) -> None:
        """Put the record away that a command met; raise if that may not be, or the error is another one."""
        if not is_of_another_form(error):
            raise error
        key = self._culprit(command)
        if not key:
            raise error
        if not record_of(key).made_again or _left_out.get() is not None:
            raise Unreadable(key, why="of another type") from None
        log.error("record_put_away", key=key)
        away = keys.put_away(key)
        super().execute_command("RENAME", key, away)  # type: ignore[no-untyped-call]
        super().execute_command("EXPIRE", away, keys.NEWS_TTL_S)  # type: ignore[no-untyped-call]

    def _culprit(self, command: Sequence[Any]) -> str:
        """The key of a command that is of another type than our tables say; else its first of ours; empty: none is."""
        names = [name for name in map(_text, command[1:]) if name.startswith(keys.PREFIX)]
        return next((name for name in names if self._is_of_another_type(name)), next(iter(names), ""))

    def _is_of_another_type(self, key: str) -> bool:
        kind = _text(super().execute_command("TYPE", key))  # type: ignore[no-untyped-call]
        return kind != "none" and not fits(kind, key)


class NamingPipeline(Pipeline):
    """The same for commands in one round trip."""

    naming: Naming

    def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 as the library
        """The answers, in order; among them an `Unreadable` where errors are not raised."""
        commands = [args for args, _ in self.command_stack]
        answers = [
            self._again(args, one) if is_of_another_form(one) else one
            for args, one in zip(commands, super().execute(raise_on_error=False), strict=True)
        ]
        if raise_on_error and (failed := next((one for one in answers if isinstance(one, Exception)), None)):
            raise failed
        return answers

    def _again(self, command: Sequence[Any], error: redis.ResponseError) -> Any:  # noqa: ANN401 any answer
        """The answer once the record is put away, or which record it is."""
        try:
            self.naming.make_room(error, command)
            return self.naming.execute_command(*command)
        except Unreadable as unreadable:
            return unreadable


def fits(kind: str, key: str) -> bool:
    """Whether a key may be of a type of Redis, such as `zset`; of a key that is not ours nothing is known."""
    due = {"sorted set": "zset", "counter": "string"}.get(record_of(key).kind, record_of(key).kind)
    return kind == due or not due


def _text(name: Any) -> str:  # noqa: ANN401 as it was given
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)
