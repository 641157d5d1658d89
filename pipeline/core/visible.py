"""Text of others where it is only to be read: what in it would act on a terminal, or hide, is one visible sign."""

import re

SIGN = "\N{REPLACEMENT CHARACTER}"
# C0, DEL and C1; marks of direction; separators of lines; halves of characters; what takes no room and is seen by
# nobody. The two joiners stay: names of several scripts and signs of several parts need them.
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f"
)
ACTS = re.compile(f"[{_HIDDEN}]")


def visible(text: str) -> str:
    """Text as one line that can only be read."""
    return ACTS.sub(SIGN, text)


def visible_lines(text: str) -> str:
    """Text of several lines, such as a trace, that can only be read."""
    return "\n".join(map(visible, text.split("\n")))
