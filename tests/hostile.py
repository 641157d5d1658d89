"""Texts that people and services may write, chosen to be mistaken for something else."""

import re
from collections.abc import Iterator

from hypothesis import strategies as st

PIECES = (
    "<at id=all></at>", '<at user_id="all">x</at>', "<font color='red'>x</font>", "**", "*x*", "~~x~~", "`x`",
    "```\nx\n```", "[x](https://evil.example)", r"\[/nope]", r"\[link=https://evil.example]x\[/link]", "[red]x[/]",
    "![x](img_v2)", "https://evil.example", ":OK:", ":cd:", "\n# x", "\n- x", "\n---\n", "\n> x",
    "| a | b |\n|-|-|\n", "&lt;at id=all&gt;", "&#60;", "<script>alert(1)</script>", "\"'", "</td>", "{{ 7 * 7 }}",
    "{}", "{0}", "%s", "\x1b[31m", "\x1b]8;;https://evil.example\x07", "\x00", "\x07", "\x7f", "\x9b31m", "\r", "\t",
    "\u2028", "\u2029", "\x85", "\u202e", "\u2066", "\u200f", "\ufeff", "\ud83d", "\udd25", "=1+1", "@SUM(A1)",
    "-1", "+1", "😀", "👩\u200d👩\u200d👧", "店", "",
)  # fmt: skip
# What people really call promotions, and what must survive tables, pages and exports.
PROMOTIONS = (
    "双人套餐_{n}", "周末特惠 {n} | 限时", "新客立减 {n}", "<b>爆款</b> {n}", "=到店引流 {n}", "直播间 {n} 🔥",
    "\"午市\" 团购 {n}", "老客召回, {n}",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=6).map("".join)
_MARKUP = re.compile(r"[<>*~`\[\]\\&#|]|(?:^|\n)[-+=>]|\n|:(?!\d+:)\w+:|://", re.ASCII)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def markup(text: str) -> list[str]:
    """The signs of a card's markdown, in order."""
    return _MARKUP.findall(text)


def unseen(text: str) -> list[str]:
    """Controls, escapes, line ends, marks of direction and halves of characters."""
    return _UNSEEN.findall(text)


def strings(value: object) -> Iterator[str]:
    """Every text in a JSON document, the names of its objects not among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)
