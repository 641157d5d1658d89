"""Words and signs can be read on their colours, in both themes: axe does not judge the cells of a grid."""

import re
from importlib.resources import files

import pytest

CSS = (files("console") / "static" / "console.css").read_text(encoding="utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
TONES = ("good", "warn", "bad", "live", "calm")
READABLE = 4.5  # WCAG AA
PAIRS = [
    *((f"{tone}-ink", tone) for tone in TONES),
    *((ink, ground) for ink in ("ink", "quiet", "link") for ground in ("page", "soft")),
    ("quiet", "calm"),
]


def colours(block: str) -> dict[str, str]:
    """The colours of a theme by name, each as six digits."""
    found = re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block)
    return {name: digits if len(digits) == 6 else "".join(digit * 2 for digit in digits) for name, digits in found}


def luminance(colour: str) -> float:
    """How bright a colour is, as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("block", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_every_pair_of_colours_can_be_read(block: str, ink: str, ground: str) -> None:
    of = colours(block)
    assert contrast(of[ink], of[ground]) >= READABLE, (of[ink], of[ground])


def test_black_on_white_is_21_and_a_colour_on_itself_1() -> None:
    assert round(contrast("000000", "ffffff"), 1) == 21
    assert contrast("51565d", "51565d") == 1
