"""Markdown of cards: only literals of our code are markup; texts that are put into them stay plain.

`Markdown("**{}**：{}", name, words)` is the one way to make some. The type checker refuses a `str` where `Markdown` is
expected, and `tests/unit/test_markup.py` refuses a form that is not written out where it is used.
"""

from collections.abc import Iterable
from decimal import Decimal
from string import Formatter
from urllib.parse import quote

from pipeline.render.words import shown

# Escaping in a card's markdown is not documented: what can be markup becomes its full-width twin.
_TWINS = str.maketrans("<>*~`[]\\&|#$", "＜＞＊～｀［］＼＆｜＃＄")
_LEADING = str.maketrans("-+=", "－＋＝")  # at the beginning of a line: a list, a rule, a heading
_IN_ADDRESS = ":/?#@!$&+,;=%"  # stays as it is in the address of a link; no bracket ends it
_BEGINS = ("", "- ")  # what may stand before the first text of a line


class Markdown:
    """Our own markup with texts of others in it, which stay plain.

    Args:
        form: The markup, as a literal, with `{}` for each part; a number may have a format, as in `{:,}`.
        parts: Texts are made plain, numbers formatted, markdown kept.

    Raises:
        ValueError: There are more or fewer parts than places.
    """

    __slots__ = ("text",)

    def __init__(self, form: str, /, *parts: "Markdown | str | int | Decimal") -> None:
        pieces = list(Formatter().parse(form))
        if len(parts) != sum(name is not None for _, name, _, _ in pieces):
            raise ValueError(f"{len(parts)} parts do not go into {form!r}")
        self.text, left = "", iter(parts)
        for literal, name, spec, _ in pieces:
            self.text += literal
            if name is not None:
                self.text += _put(next(left), spec or "", begins=self.text.rpartition("\n")[2] in _BEGINS)

    def __format__(self, spec: str) -> str:
        """Refuse to become a part of a plain text: always `TypeError`."""
        raise TypeError("markdown goes into markdown: Markdown('…{}…', this)")

    def __repr__(self) -> str:
        """Itself, for a failing test."""
        return f"Markdown({self.text!r})"


def lines(parts: Iterable[Markdown]) -> Markdown:
    """Join markdown line by line."""
    return joined("\n", parts)


def joined(between: str, parts: Iterable[Markdown]) -> Markdown:
    """Join markdown by our own sign."""
    made = Markdown("")
    made.text = between.join(part.text for part in parts)
    return made


def link(text: str, address: str) -> Markdown:
    """A text of others that opens a web address of ours."""
    made = Markdown("[{}](", text)
    made.text += f"{quote(address, safe=_IN_ADDRESS)})"
    return made


def _put(part: "Markdown | str | int | Decimal", spec: str, *, begins: bool) -> str:
    if isinstance(part, Markdown):
        return part.text
    if not isinstance(part, str):
        return format(part, spec)
    plain = shown(part).translate(_TWINS)
    return plain[:1].translate(_LEADING) + plain[1:] if begins else plain
