"""Text of others: whole characters, and what acts (moves a cursor, turns a line round, hides) out of it or shown."""

import re
from typing import Any

SIGN = "\N{REPLACEMENT CHARACTER}"
LONGEST_LINE = 500  # a name that a service takes has a fifth of it at most
_HALF = "\ud800-\udfff"  # of a character beyond the first 65,536: UTF-8 has no way to write it
_BREAK = "\t-\r\x1c-\x1e\x85\u2028\u2029"
# C0, DEL and C1; marks of direction; what takes no room and is seen by nobody. The two joiners stay: names of several
# scripts and signs of several parts need them.
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f"
)
ACTS = re.compile(f"[{_HIDDEN}{_HALF}]")
_HALVES, _BREAKS, _UNSEEN = re.compile(f"[{_HALF}]"), re.compile(f"[{_BREAK}]+"), re.compile(f"[{_HIDDEN}]")
# what takes room or joins others and shows nothing by itself: joiners, variation selectors, fillers, an empty pattern
_EMPTY = re.compile(r"[\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2800\u3164\ufe00-\ufe0f\uffa0]+")
QUOTED_MAX = 200  # of a value in a message: what was meant is seen by then
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")


def encodable(text: str) -> str:
    """Text that can be written as UTF-8: half a character (a lone surrogate) is replaced."""
    return text if text.isascii() else _HALVES.sub(SIGN, text)


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


def plain(text: str) -> str:
    """Text on one line without what acts: a break of lines becomes a space, half a character a sign."""
    if text.isprintable():  # which almost every name is
        return text
    return _UNSEEN.sub("", _BREAKS.sub(" ", encodable(text)))


def one_line(said: object) -> str:
    """A name or a message as a service or a person gave it, plain and bounded; empty where there is none."""
    text = plain(said) if isinstance(said, str) else ""
    return text[:LONGEST_LINE] if text.strip() else ""


def seen(text: str) -> bool:
    """Whether a name shows anything: not where it is of spaces, joiners and fillers alone."""
    return not _EMPTY.fullmatch(text) if text else False


def quoted(value: object) -> str:
    """A value as a message quotes it: one visible line, cut where it is long."""
    return shortened(visible(encodable(value if isinstance(value, str) else repr(value))))


def shortened(text: str) -> str:
    """A text as a message quotes it: cut where it is long."""
    return text if len(text) <= QUOTED_MAX else f"{text[:QUOTED_MAX]}… ({len(text)} characters)"


def visible(text: str) -> str:
    """Text on one line, as an engineer looks at it: what acts is a sign."""
    return ACTS.sub(SIGN, text)


def visible_lines(text: str) -> str:
    """Text of several lines, such as a trace, as an engineer looks at it."""
    return "\n".join(map(visible, text.split("\n")))
