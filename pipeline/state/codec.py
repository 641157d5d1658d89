"""Converts our dataclasses to JSON and back by pydantic, so that stored data is checked like data from outside."""

import zlib
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.core.unreadable import Unreadable

T = TypeVar("T")


def dump(value: object, kind: Any) -> bytes:  # noqa: ANN401 a type form such as list[ReportRow]
    """JSON of `value`."""
    return _adapter(kind).dump_json(value, by_alias=True)


def load(kind: type[T], data: bytes, key: str, field: str = "") -> T:
    """The value of `dump`'s bytes.

    Args:
        key: Where they were, and `field` of a hash.

    Raises:
        Unreadable: They are of another kind; they are not quoted, since they may hold a token.
    """
    form: Any = kind
    try:
        value: T = _adapter(form).validate_json(data)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, item["loc"])) or "JSON" for item in error.errors()}))
        raise Unreadable(key, field, f"no {getattr(kind, '__name__', kind)}: {wrong}") from None
    return value


def squeeze(value: object, kind: Any) -> bytes:  # noqa: ANN401 a type form
    """Compressed JSON of `value`."""
    return zlib.compress(dump(value, kind), level=1)


def unsqueeze(kind: type[T], data: bytes, key: str, field: str = "") -> T:
    """The value of `squeeze`'s bytes; `Unreadable` if they are of another kind."""
    try:
        plain = zlib.decompress(data)
    except zlib.error:
        raise Unreadable(key, field, "not packed") from None
    return load(kind, plain, key, field)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 a type form
    return TypeAdapter(kind)
