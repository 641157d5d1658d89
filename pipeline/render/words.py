"""Texts of others on cards: as they are read, never as markup, never too long."""

from collections.abc import Sequence

NAME_LETTERS = 30
NAMES_TOGETHER = 3
# What is markup in a card's markdown becomes its full-width twin. How such letters are escaped there is not documented,
# and an account may be called <at id=all></at>.
_TWINS = str.maketrans("<>*~`[]", "＜＞＊～｀［］")


def harmless(text: str) -> str:
    """A text of others as one paragraph of markdown."""
    return " ".join(text.translate(_TWINS).split())


def clipped(text: str, letters: int = NAME_LETTERS) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def named(names: Sequence[str]) -> str:
    """The first few names, and how many there are in all."""
    shown = "、".join(clipped(harmless(name)) for name in names[:NAMES_TOGETHER])
    return f"{shown} 等 {len(names)} 个账户" if len(names) > NAMES_TOGETHER else shown
