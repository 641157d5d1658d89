"""Parts of Feishu cards. Follows 飞书卡片 JSON 2.0: unknown properties are errors there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Element = dict[str, Any]
# together they keep a card below the webhook's 20 KB, in which a Chinese letter takes six bytes
LINES_SHOWN, LINE_LETTERS = 8, 160


def card(title: str, template: str, elements: Sequence[Element]) -> dict[str, object]:
    """A card with a coloured head."""
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": title}},
        "header": {"title": {"tag": "plain_text", "content": title}, "template": template},
        "body": {"elements": list(elements)},
    }


def markdown(text: str) -> Element:
    """Text with bold parts and links."""
    return {"tag": "markdown", "content": text}


def button(text: str, link: str, kind: str = "primary") -> Element:
    """A button that opens an address."""
    return {
        "tag": "button",
        "text": {"tag": "plain_text", "content": text},
        "type": kind,
        "behaviors": [{"type": "open_url", "default_url": link}],
    }


def authorize_button(link: str) -> Element:
    """The button that ends a dead authorization."""
    return button("打开授权页", link)


def table(columns: Mapping[str, str], rows: Iterable[Mapping[str, str | int | float]]) -> Element:
    """A table of ten rows a page; columns by name with their heads, those that hold numbers on the right.

    Money comes as a float, since JSON has nothing else; it is shown with two digits.
    """
    every = list(rows)
    numbers = {name for row in every for name, value in row.items() if not isinstance(value, str)}
    money = {name for row in every for name, value in row.items() if isinstance(value, float)}
    return {
        "tag": "table",
        "page_size": 10,
        "columns": [
            {
                "name": name,
                "display_name": head,
                "data_type": "number" if name in numbers else "text",
                **({"format": {"precision": 2}} if name in money else {}),
            }
            for name, head in columns.items()
        ],
        "rows": every,
    }


def bars(title: str, values: Sequence[tuple[str, float]]) -> Element:
    """A bar chart; each value with its label. The specification is VChart's."""
    return {
        "tag": "chart",
        "aspect_ratio": "16:9",
        "chart_spec": {
            "type": "bar",
            "title": {"text": title},
            "data": {"values": [{"label": label, "value": value} for label, value in values]},
            "xField": "label",
            "yField": "value",
        },
    }


def shortened(lines: Sequence[str]) -> list[str]:
    """As many lines, and as much of each, as a card has room for."""
    more = len(lines) - LINES_SHOWN
    shown = [clipped(line, LINE_LETTERS) for line in lines[:LINES_SHOWN]]
    return [*shown, f"另有 {more} 条, 见同步状态表"] if more > 0 else shown


def clipped(text: str, letters: int) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= letters else text[: letters - 1] + "…"
