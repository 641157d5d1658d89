"""Text for a terminal: never read as markup, and without anything that acts.

Names, ids, reasons and addresses come from outside. Whatever in them could move the cursor, reverse or break a line,
hide something or is no character is shown as one sign. All printed text is made by `words`.
"""

from rich.text import Text

from pipeline.core.redaction import redacted
from pipeline.core.text import ACTS, visible

Part = str | tuple[str, str] | Text  # plain, with a style, or made by `words`

_COLOURS = {
    **dict.fromkeys(("success", "loaded", "active"), "green"),
    **dict.fromkeys(("empty", "idle", "open"), "dim"),
    **dict.fromkeys(("parked", "running"), "cyan"),
    "missing": "magenta",
    **dict.fromkeys(("partial", "incomplete"), "yellow"),
}


def shown(text: str) -> str:
    """Text as one line without secrets; a character that acts becomes one sign."""
    return visible(redacted(text))


def words(*parts: Part) -> Text:
    """A line or a part of one: each part as `shown`, in its style."""
    made = Text()
    for part in parts:
        if isinstance(part, Text):
            made.append_text(part)
        elif isinstance(part, tuple):
            made.append(shown(part[0]), part[1])
        else:
            made.append(shown(part))
    return made


def coloured(state: str, text: str | None = None) -> Text:
    """A state, or another text, in the state's colour."""
    return words((text or state, _COLOURS.get(state, "red")))


def escaped(document: str) -> str:
    """The same JSON document with characters that act escaped."""
    return ACTS.sub(lambda found: found[0] if found[0] == "\n" else _as_json(found[0]), document)


def _as_json(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
