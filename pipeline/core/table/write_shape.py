"""Turn cells of every field type from read shape into write shape, to merge or restore them.

Follows Bitable: 多维表格记录数据结构.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from pipeline.core.table.cells import Field, plain_text
from pipeline.core.table.columns import plain_figure

_NOT_THAT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # raised by a cell of another shape
_FLOAT_DIGITS = 300  # the largest float has 309 digits


def _number(raw: object) -> int | float:
    number = raw if isinstance(raw, Decimal) else plain_figure(str(raw))
    if number is None or not number.is_finite() or abs(number.adjusted()) > _FLOAT_DIGITS:
        raise ValueError
    return int(number) if number == number.to_integral_value() else float(number)


def _moment(raw: object) -> int:
    return int(_number(raw))


def _names(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise TypeError
    return list(raw)


def _ids(raw: Any) -> list[dict[str, object]]:  # noqa: ANN401 JSON
    return [{"id": one["id"]} for one in raw]


def _attachments(raw: Any) -> list[dict[str, object]]:  # noqa: ANN401 JSON
    return [{"file_token": one["file_token"]} for one in raw]


def _links(raw: Any) -> list[str]:  # noqa: ANN401 JSON
    return list(raw["link_record_ids"]) if isinstance(raw, dict) else list(raw)


def _url(raw: Any) -> dict[str, str]:  # noqa: ANN401 JSON
    return {"text": str(raw.get("text") or ""), "link": str(raw.get("link") or "")}


def _location(raw: Any) -> str:  # noqa: ANN401 JSON
    return str(raw["location"] if isinstance(raw, dict) else raw)


# field type → its write shape; the table itself fills all other types: formulas, times, numbers
WRITABLE: Mapping[int, Callable[[Any], object]] = {
    1: plain_text,
    2: _number,
    3: str,
    4: _names,
    5: _moment,
    7: bool,
    11: _ids,
    13: str,
    15: _url,
    17: _attachments,
    18: _links,
    21: _links,
    22: _location,
    23: _ids,
}


def writable(fields: Iterable[Field]) -> dict[str, int]:
    """Types of the fields whose cells can be written, by name."""
    return {field.name: field.type for field in fields if field.type in WRITABLE}


def write_shape(raw: Mapping[str, object], kinds: Mapping[str, int]) -> dict[str, object]:
    """The filled cells of a record in write shape; a cell of unknown shape stays as it is, to be kept.

    Args:
        raw: A record's cells in read shape.
        kinds: The types of the fields to take, by name.
    """
    filled = ((name, raw.get(name), kind) for name, kind in kinds.items())
    shaped = {name: _shaped(value, kind) for name, value, kind in filled if value is not None}
    return {name: value for name, value in shaped.items() if value not in ("", [], {"text": "", "link": ""})}


def _shaped(value: object, kind: int) -> object:
    try:
        shaped = WRITABLE[kind](value)
    except _NOT_THAT:
        shaped = value
    return shaped if isinstance(shaped, str | int | float) else _as_json(shaped)


def _as_json(value: object) -> object:
    """A value whose figures JSON can hold."""
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if not isinstance(value, Decimal):
        return value
    try:
        return _number(value)
    except _NOT_THAT:
        return str(value)
