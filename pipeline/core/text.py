"""Clean text from outside: half characters, and characters that act (move a cursor, turn a line round, hide)."""

import re
from typing import Any

SIGN = "\N{REPLACEMENT CHARACTER}"
LONGEST_LINE = 500  # a service's names have at most a fifth
_HALF = "\ud800-\udfff"  # of a character beyond the first 65,536: UTF-8 cannot write it
_BREAK = "\t-\r\x1c-\x1e\x85\u2028\u2029"
# C0, DEL and C1; marks of direction; invisible characters. The two joiners stay: names in several scripts and signs of
# several parts need them.
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f"
)
ACTS = re.compile(f"[{_HIDDEN}{_HALF}]")
_HALVES, _BREAKS, _INVISIBLE = re.compile(f"[{_HALF}]"), re.compile(f"[{_BREAK}]+"), re.compile(f"[{_HIDDEN}]")
# blank by themselves: joiners, variation selectors, fillers, an empty pattern
_EMPTY = re.compile(r"[\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2800\u3164\ufe00-\ufe0f\uffa0]+")
QUOTED_MAX = 200  # letters of a value in a message
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")


def encodable(text: str) -> str:
    """Text that UTF-8 can write: half characters (lone surrogates) are replaced."""
    return text if text.isascii() else _HALVES.sub(SIGN, text)


def whole_characters(document: dict[str, Any], text: str) -> dict[str, Any]:
    """A JSON document, parsed from `text`, without half characters, which come as escapes only."""
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
    """Text on one line without characters that act: a line break becomes a space, half a character a sign."""
    if text.isprintable():  # almost every name
        return text
    return _INVISIBLE.sub("", _BREAKS.sub(" ", encodable(text)))


def one_line(said: object) -> str:
    """A name or message from outside, plain and bounded; empty if it is no text."""
    text = plain(said) if isinstance(said, str) else ""
    return text[:LONGEST_LINE] if text.strip() else ""


def seen(text: str) -> bool:
    """Whether a name shows anything but spaces, joiners and fillers."""
    return not _EMPTY.fullmatch(text) if text else False


def quoted(value: object) -> str:
    """A value quoted in a message: one visible line, cut if long."""
    return shortened(visible(encodable(value if isinstance(value, str) else repr(value))))


def shortened(text: str) -> str:
    """A text quoted in a message, cut if long."""
    return text if len(text) <= QUOTED_MAX else f"{text[:QUOTED_MAX]}… ({len(text)} characters)"


def visible(text: str) -> str:
    """Text on one line for an engineer: a sign stands for each character that acts."""
    return ACTS.sub(SIGN, text)


def visible_lines(text: str) -> str:
    """Text of several lines, such as a trace, for an engineer."""
    return "\n".join(map(visible, text.split("\n")))
