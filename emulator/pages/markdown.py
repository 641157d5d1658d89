"""The part of card markdown that cards use, as HTML."""

import re

from markupsafe import Markup, escape

_COLORS = ("red", "green", "grey", "orange", "blue")  # classes of the style sheet
_INLINE = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<![*\w])\*([^*\n]+)\*(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"~~(.+?)~~"), r"<s>\1</s>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"&lt;br ?/?&gt;"), "<br>"),
    (re.compile(r"&lt;at id=(\w+)&gt;&lt;/at&gt;"), r"@\1"),
)
_FONT = re.compile(r"&lt;font color=(?:&#39;|&#34;)?(\w+)(?:&#39;|&#34;)?&gt;(.*?)&lt;/font&gt;", re.DOTALL)
_HEADING = re.compile(r"#{1,6} (.*)")
_BULLET = re.compile(r"\s*[-*] (.*)")


def html(text: str) -> Markup:
    """Escape everything, then turn the patterns above into markup."""
    lines = [_line(line) for line in _inline(str(escape(text))).split("\n")]
    return Markup("".join(lines))  # noqa: S704 - escaped above


def _inline(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return _FONT.sub(_colored, text)


def _colored(found: re.Match[str]) -> str:
    return f'<span class="{found[1]}">{found[2]}</span>' if found[1] in _COLORS else found[2]


def _line(line: str) -> str:
    if line.strip() == "---":
        return "<hr>"
    if heading := _HEADING.fullmatch(line):
        return f"<h4>{heading[1]}</h4>"
    if bullet := _BULLET.fullmatch(line):
        return f'<div class="bullet">{bullet[1]}</div>'
    return f"<div>{line or '&nbsp;'}</div>"
