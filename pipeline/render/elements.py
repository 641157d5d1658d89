"""The parts of a card. Follows 飞书卡片 JSON 2.0: an unknown property is an error.

Each takes either a `str`, which is shown as plain text whatever stands in it, or `Markdown`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pipeline.render.markdown import Markdown
from pipeline.render.words import shown

Element = dict[str, object]
Card = dict[str, object]
Value = Markdown | str | float | None  # of a cell, or of a bar


def card(title: str, template: str, elements: Sequence[Element], tag: str | None = None) -> Card:
    """A card with a coloured head; `tag` is a red label beside the title."""
    header: Element = {"title": plain_text(title), "template": template}
    if tag:
        header["text_tag_list"] = [{"tag": "text_tag", "text": plain_text(tag), "color": "red"}]
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": shown(title)}},
        "header": header,
        "body": {"elements": list(elements)},
    }


def plain_text(text: str) -> Element:
    """A text without markup."""
    return {"tag": "plain_text", "content": shown(text)}


def markdown(text: Markdown) -> Element:
    """A paragraph."""
    return {"tag": "markdown", "content": text.text}


def link_button(text: str, url: str, kind: str = "default") -> Element:
    """A button that opens a page: the only kind that works on cards of a custom bot."""
    return {
        "tag": "button",
        "text": plain_text(text),
        "type": kind,
        "behaviors": [{"type": "open_url", "default_url": url}],
    }


def table(columns: Sequence[Mapping[str, object]], rows: Sequence[Mapping[str, Value]], page_size: int) -> Element:
    """A table; a page of it has 1 to 10 rows."""
    return {"tag": "table", "page_size": page_size, "columns": list(columns), "rows": [_plain(row) for row in rows]}


def column(
    name: str, title: str, data_type: Literal["text", "number", "markdown"] = "text", precision: int | None = None
) -> Element:
    """A column of a table; one of `number` shows its numbers with separators."""
    made: Element = {"name": name, "display_name": shown(title), "data_type": data_type}
    if data_type == "number":
        made["format"] = {"precision": precision or 0, "separator": True}
    return made


def bar_chart(title: str, values: Sequence[Mapping[str, Value]], x: str, y: str) -> Element:
    """Bars, as VChart draws them; a null value leaves a gap."""
    drawn = [_plain(value) for value in values]
    spec = {"type": "bar", "title": {"text": shown(title)}, "data": {"values": drawn}, "xField": x, "yField": y}
    return {"tag": "chart", "aspect_ratio": "2:1", "chart_spec": spec}


def _plain(values: Mapping[str, Value]) -> dict[str, str | float | None]:
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: Value) -> str | float | None:
    if isinstance(value, Markdown):
        return value.text
    return shown(value) if isinstance(value, str) else value
