"""Words for a terminal. No text is ever read as markup: a style stands beside it, and what would act is made visible.

Names, ids, reasons and addresses come from others. Whatever of them could move the cursor, turn the direction of a
line, break it, hide something or be no character at all is shown as one sign. There is one way to make text that is
printed, `words`, so that nobody has to remember whose text it is.
"""

from rich.text import Text

from pipeline.core.redaction import redacted
from pipeline.core.text import ACTS, visible

Part = str | tuple[str, str] | Text  # plain, with a style, or made by `words` before

_COLOURS = {
    **dict.fromkeys(("success", "loaded", "active"), "green"),
    **dict.fromkeys(("empty", "idle", "open"), "dim"),
    **dict.fromkeys(("parked", "running"), "cyan"),
    "missing": "magenta",
    **dict.fromkeys(("partial", "incomplete"), "yellow"),
}


def shown(text: str) -> str:
    """Text as one line that only can be read: no secret is in it, and what would act is one sign."""
    return visible(redacted(text))


def words(*parts: Part) -> Text:
    """A line, or a piece of one: each part as it is shown, in its style."""
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
    """A word for a state, or another text, in the state's colour."""
    return words((text or state, _COLOURS.get(state, "red")))


def escaped(document: str) -> str:
    """JSON whose text holds nothing that acts: escaped it is the same document."""
    return ACTS.sub(lambda found: found[0] if found[0] == "\n" else _as_json(found[0]), document)


def _as_json(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
