"""Read the body of an answer within bounds of memory, whatever the service sends.

A compressed body is bounded while it is unpacked. A body that would grow much as objects (many values, deep nesting)
is refused before it is parsed, by a scan of its bytes that costs an eighth of the parsing.
"""

import json
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Self

import requests
from requests.exceptions import ContentDecodingError

from pipeline.clients.wall_clock import left
from pipeline.core.text import encodable, whole_characters

MOST_BYTES = 16 << 20  # a page of 500 records with all cells full takes less than one MiB
MOST_VALUES = 200_000  # an object, a list, a text, a number: such a page has 20,000
DEEPEST = 100  # the services nest less than ten
PLAIN_DIGITS = 30  # shorter numbers need no check
MOST_DIGITS = 400  # of a number, also when it is written out: no float has as many, and more would take time or memory
ENCODING = "gzip"  # what we ask for
LARGE_BYTES = 1 << 20  # larger bodies wait for each other
PIECE_BYTES = 1 << 16
GZIP_OR_ZLIB = 47  # zlib's own word for "as the header says", with the largest window

# Python stores each sign of a text in as many bytes as the widest needs, escaped or not: 4, 2, or 1
_WIDEST = (4, re.compile(rb"[\xf0-\xff]|\\u[dD][89abAB]")), (2, re.compile(rb"[\xc4-\xff]|\\u"))
_FOLLOWING = bytes(range(0x80, 0xC0))  # all bytes of a sign but the first
_SPACE = b" \t\r\n"
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_BRACES = bytes.maketrans(b"[]", b"{}")  # a pair of another kind would be no JSON anyway
_NO_SIGNS = bytes(set(range(256)) - set(b'[]{},"'))

_one_at_a_time = threading.Lock()


class Unfit(Exception):
    """A body that is refused, and why."""


class BodySpace:
    """Space in memory for one body until it is parsed; a process holds one large body at a time."""

    def __init__(self) -> None:
        self._is_large = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_large:
            _one_at_a_time.release()

    def grow(self, size: int) -> None:
        """Take space for a body of `size` bytes; `TimeoutError` if another large body holds it too long."""
        if size > LARGE_BYTES and not self._is_large:
            self._is_large = _one_at_a_time.acquire(timeout=left())
            if not self._is_large:
                raise TimeoutError


def body_of(response: requests.Response, space: BodySpace) -> bytearray:
    """The whole body, unpacked.

    Raises:
        Unfit: It is too large, or in an encoding that we did not ask for.
        OSError, HTTPError: It breaks off, is broken, or is late.
    """
    unpacked, body = _unpacking(response.headers.get("Content-Encoding", "")), bytearray()
    pieces = iter(lambda: response.raw.read1(PIECE_BYTES, decode_content=False), b"")
    for part in unpacked(pieces):
        body += part
        space.grow(len(body))
        if len(body) > MOST_BYTES:
            raise Unfit(f"a body of more than {MOST_BYTES >> 20} MiB")
    return body


def _unpacking(encoding: str) -> Callable[[Iterator[bytes]], Iterator[bytes]]:
    """What unpacks a body: one encoding at most, since each more multiplies what a small body can become."""
    named = [name for name in map(str.strip, encoding.lower().split(",")) if name not in ("", "identity")]
    if not named:
        return iter
    if named in ([ENCODING], [f"x-{ENCODING}"], ["deflate"]):
        return _unzipped
    raise Unfit("a body in an encoding that was not asked for")


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packed, began = zlib.decompressobj(GZIP_OR_ZLIB), False
    try:
        for piece in pieces:
            rest, began = piece, True
            while rest:
                if packed.eof:  # several files in one are one
                    packed = zlib.decompressobj(GZIP_OR_ZLIB)
                yield packed.decompress(rest, PIECE_BYTES)
                rest = packed.unconsumed_tail or packed.unused_data
    except zlib.error:
        raise ContentDecodingError from None
    if began and not packed.eof:
        raise ContentDecodingError


def parse(content: bytearray) -> dict[str, Any] | None:
    """Parse the JSON object in a body, and clear the body; figures are exact (`Decimal`). `None`: no JSON object.

    Raises:
        Unfit: It does not pass `judge`, or holds a number of more than `MOST_DIGITS`.
    """
    judge(content)
    try:
        # as `json` decodes bytes, except UTF-16 and UTF-32, in which the scan would miss brackets
        text = encodable(content.decode("utf-8-sig", "surrogatepass"))
        content.clear()
        body = json.loads(text, parse_float=_fraction, parse_constant=_no_number)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    except ValueError:  # an integer of 5,000 digits
        raise _too_many_digits() from None
    return whole_characters(body, text) if isinstance(body, dict) else None


def _fraction(text: str) -> Decimal:
    """A number with a point or an exponent; one with a large exponent is refused, its `int` would never end."""
    if len(text) <= PLAIN_DIGITS and "e" not in text and "E" not in text:
        return Decimal(text)
    try:
        number = Decimal(text) if len(text) <= MOST_DIGITS else None
    except ArithmeticError:  # an exponent of 20 digits
        number = None
    if number is None or abs(number.adjusted()) > MOST_DIGITS:
        raise _too_many_digits()
    return number


def _too_many_digits() -> Unfit:
    return Unfit("a number of too many digits")


def _no_number(name: str) -> object:
    raise json.JSONDecodeError(name, "", 0)


def judge(content: bytearray) -> None:
    """Check that a body costs little to parse; it need not be JSON.

    Raises:
        Unfit: It has too many values, is nested too deeply, or is too large as a text.
    """
    if len(content) > MOST_BYTES // 4 and _text_bytes(content) > MOST_BYTES:
        raise Unfit(f"a text of more than {MOST_BYTES >> 20} MiB")
    if b"\\" in content:  # drop escapes, so that each quote left begins or ends a text
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    values, signs = _plain_shape(content) or _shape(content)
    if values > MOST_VALUES:
        raise Unfit(f"more than {MOST_VALUES} values")
    if _deep(signs):
        raise Unfit(f"more than {DEEPEST} levels")


def _text_bytes(content: bytearray) -> int:
    width = next((width for width, sign in _WIDEST if sign.search(content)), 1)
    return width * len(content.translate(None, _FOLLOWING))


def _deep(signs: bytearray) -> bool:
    brackets = signs.translate(_AS_BRACES, _NO_BRACKETS)
    for level in range(DEEPEST):  # each time without the innermost pairs
        if len(brackets) <= 2 * (DEEPEST - level):
            return False
        fewer = brackets.replace(b"{}", b"")
        if len(fewer) == len(brackets):  # what is left has no partner
            return True
        brackets = fewer
    return bool(brackets)


def _plain_shape(content: bytearray) -> tuple[int, bytearray] | None:
    """`_shape` in a third of the time; `None` if a text holds a bracket or comma, or values are nearly too many."""
    bare = content.translate(None, _NO_SIGNS).replace(b'""', b"")
    if b'"' in bare or len(bare) >= MOST_VALUES:
        return None
    return 1 + len(bare), bare  # at most: closing brackets are counted, too


def _shape(content: bytearray) -> tuple[int, bytearray]:
    """Count values and collect brackets, both outside of texts, which hold no escaped quotes."""
    values, brackets, in_text = 1, bytearray(), False
    for start in range(0, len(content), PIECE_BYTES):
        parts = content[start : start + PIECE_BYTES].split(b'"')
        # the quote stays, so that the brackets around a text are not those of an empty list
        bare = (b'"' * in_text + b'"'.join(parts[in_text::2])).translate(None, _SPACE)
        values += bare.count(b",") - bare.count(b"[]") - bare.count(b"{}")
        brackets += bare.translate(None, _NO_BRACKETS)
        in_text ^= not len(parts) % 2
    return values + brackets.count(b"[") + brackets.count(b"{"), brackets
