"""Text of others as it may come: markup, links, signs that act, halves of characters, what no encoding has."""

from hypothesis import strategies as st

NAMES = (
    r"店\[/nope]",
    "[/nope]",
    "[red]店[/red]",
    r"\[link=https://example.com]点[/link]",
    "[@click=app.bell]x",
    ":cd: 店 :bug:",
    "店\x1b[2J\x1b[31m",
    "\x1b]8;;https://example.com\x1b\\x\x1b]8;;\x1b\\",
    "城东\u202e店\u2066\u2069\u200e\u200f\u061c",
    "two\nlines\r\nand\x0bmore\u2028\u2029\x85",
    "a\tb\x00c\x07\x08\x7f",
    "\x9b31m\x90",
    "half \ud83d and \udc00",
    "🏪👨‍👩‍👧 店",
    "\ufeff\u200b\xad",
    "…→✓•元",
    "",
    "一" * 60,
)
PIECES = ("[", "]", "/", "\\", "red", "店", "\x1b", "\n", "\u202e", ":cd:")
ACTS = frozenset(
    chr(code)
    for span in (
        range(0x20),
        range(0x7F, 0xA0),
        (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
        range(0x2028, 0x202F),
        range(0x2060, 0x2070),
        range(0xD800, 0xE000),
        range(0xE0000, 0xE0080),
    )
    for code in span
)
texts = st.one_of(
    st.sampled_from(NAMES),
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.lists(st.sampled_from(["[", "]", "/", "\\", "red", "店", "\x1b", "\n", "\u202e", ":cd:"]), max_size=8).map(
        "".join
    ),
)
