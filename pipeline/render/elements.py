"""The parts of a card. Follows 飞书卡片 JSON 2.0: a property that is not known there is an error."""

from collections.abc import Mapping, Sequence

Element = dict[str, object]
Card = dict[str, object]


def card(title: str, template: str, elements: Sequence[Element], tag: str | None = None) -> Card:
    """A card with a coloured head.

    Args:
        tag: What stands beside the title, in red.
    """
    header: Element = {"title": plain_text(title), "template": template}
    if tag:
        header["text_tag_list"] = [{"tag": "text_tag", "text": plain_text(tag), "color": "red"}]
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "summary": {"content": title}},
        "header": header,
        "body": {"elements": list(elements)},
    }


def plain_text(text: str) -> Element:
    """A text without markup."""
    return {"tag": "plain_text", "content": text}


def markdown(text: str) -> Element:
    """A paragraph."""
    return {"tag": "markdown", "content": text}


def link_button(text: str, url: str, kind: str = "default") -> Element:
    """A button that opens a page: the only kind that works on cards of a custom bot."""
    return {
        "tag": "button",
        "text": plain_text(text),
        "type": kind,
        "behaviors": [{"type": "open_url", "default_url": url}],
    }


def table(columns: Sequence[Mapping[str, object]], rows: Sequence[Mapping[str, object]], page_size: int) -> Element:
    """A table; a page of it has 1 to 10 rows."""
    return {"tag": "table", "page_size": page_size, "columns": list(columns), "rows": list(rows)}


def column(name: str, title: str, data_type: str = "text", precision: int | None = None) -> Element:
    """A column of a table; the cells of one of `number` are numbers, which are shown with separators."""
    made: Element = {"name": name, "display_name": title, "data_type": data_type}
    if data_type == "number":
        made["format"] = {"precision": precision or 0, "separator": True}
    return made


def bar_chart(title: str, values: Sequence[Mapping[str, object]], x: str, y: str) -> Element:
    """Bars, as VChart draws them; a value that is null has none."""
    spec = {"type": "bar", "title": {"text": title}, "data": {"values": list(values)}, "xField": x, "yField": y}
    return {"tag": "chart", "aspect_ratio": "2:1", "chart_spec": spec}
