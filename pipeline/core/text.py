"""Text of others, as it may enter: whole characters, and names without what moves a cursor or turns a line round."""

import re
from typing import Any

REPLACED = "\ufffd"
LONGEST_LINE = 500  # a name that a service takes has a fifth of it at most
_HALVES = re.compile("[\ud800-\udfff]")
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def encodable(text: str) -> str:
    """Text that can be written as UTF-8: half a character (a lone surrogate) is replaced."""
    return text if text.isascii() else _HALVES.sub(REPLACED, text)


def whole_characters(document: dict[str, Any], text: str) -> dict[str, Any]:
    """A JSON document without half characters, which come as escapes only; `text` is what it was parsed from."""
    if not _HALF_ESCAPED.search(text):
        return document
    whole: dict[str, Any] = _encodable_in(document)
    return whole


def _encodable_in(value: Any) -> Any:  # noqa: ANN401 JSON
    if isinstance(value, dict):
        return {encodable(name): _encodable_in(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_encodable_in(one) for one in value]
    return encodable(value) if isinstance(value, str) else value


def one_line(said: object) -> str:
    """A name or a message as a service or a person gave it, on one line; empty where there is none.

    Half characters are replaced, breaks of lines become a space, other controls and those of direction are left out.
    """
    text = said if isinstance(said, str) else ""
    if not text.isprintable():  # which almost every name is
        text = _CONTROLS.sub("", _BREAKS.sub(" ", encodable(text)))
    return text[:LONGEST_LINE] if text.strip() else ""
