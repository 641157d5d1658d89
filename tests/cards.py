"""Whether a card is one, by the documentation alone: 飞书卡片 JSON 2.0, 自定义机器人使用指南.

Nothing here is shared with the product or with the emulator: each has its own reading of the same pages.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Plain = dict[str, Any]
WEBHOOK_BYTES = 20_000
ELEMENTS_MAX, TABLES_MAX, CHARTS_MAX, DEPTH_MAX = 200, 5, 5, 5
BUTTON_LETTERS_MAX = 100
TOP = {"schema", "config", "card_link", "header", "body"}
CONFIG = {"update_multi", "enable_forward", "width_mode", "summary"}
HEADER = {"title", "subtitle", "template", "text_tag_list"}
BODY = {"direction", "padding", "vertical_spacing", "elements"}
TEMPLATES = (
    "blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey",
    "default",
)  # fmt: skip
PROPERTIES = {
    "markdown": {"content", "text_align", "text_size", "icon"},
    "table": {"page_size", "row_height", "freeze_first_column", "header_style", "columns", "rows"},
    "chart": {"chart_spec", "aspect_ratio", "color_theme", "height", "preview"},
    "column_set": {"flex_mode", "background_style", "horizontal_spacing", "columns"},
    "column": {"width", "weight", "vertical_align", "elements"},
    "button": {"text", "type", "size", "width", "behaviors", "confirm"},
    "hr": set[str](),
}
DATA_TYPES = ("text", "lark_md", "markdown", "options", "number", "persons", "date")
BUTTONS = (
    "default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled", "danger_filled", "laser",
)  # fmt: skip
MOVING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CHARTS = ("line", "bar", "area", "pie")


def problems(card: Plain) -> list[str]:
    """What is wrong with a card, a line each."""
    return list(_problems(card))


def texts(card: Plain) -> str:
    """All that a card says, as it is read in a message's JSON."""
    return json.dumps(card, ensure_ascii=False)


def sent_bytes(card: Plain) -> int:
    """The body of the message that brings it, signed."""
    signed = {"timestamp": "1599360473", "sign": "=" * 44}
    return len(json.dumps({"msg_type": "interactive", "card": card, **signed}).encode())


def _problems(card: Plain) -> Iterator[str]:
    if sent_bytes(card) > WEBHOOK_BYTES:
        yield f"{sent_bytes(card)} bytes"
    if card.get("schema") != "2.0":
        yield "schema"
    yield from (f"what moves or turns a line: {text!r}" for text in _strings(card) if MOVING.search(text))
    yield from _unknown(card, TOP, "card")
    yield from _unknown(card["config"], CONFIG, "config")
    yield from _head(card["header"])
    yield from _unknown(card["body"], BODY, "body")
    elements = list(_walk(card["body"]["elements"], 1))
    tags = [element.get("tag") for _, element in elements]
    if len(elements) > ELEMENTS_MAX or tags.count("table") > TABLES_MAX or tags.count("chart") > CHARTS_MAX:
        yield f"too many elements: {len(elements)}, {tags.count('table')} tables, {tags.count('chart')} charts"
    for depth, element in elements:
        yield from _element(depth, element)


def _strings(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _strings(one)
    elif isinstance(part, str):
        yield part


def _unknown(given: Plain, known: set[str], where: str) -> Iterator[str]:
    for name in given.keys() - known:
        yield f"unknown property {name} in {where}"


def _head(header: Plain) -> Iterator[str]:
    yield from _unknown(header, HEADER, "header")
    yield from _plain(header["title"], "title")
    if header.get("template") not in TEMPLATES:
        yield f"template {header.get('template')}"
    tags = header.get("text_tag_list", [])
    if len(tags) > 3 or any(tag["tag"] != "text_tag" for tag in tags):
        yield "text_tag_list"
    for tag in tags:
        yield from _plain(tag["text"], "text_tag")


def _plain(text: Plain, where: str) -> Iterator[str]:
    if text.get("tag") != "plain_text" or not isinstance(text.get("content"), str) or len(text) != 2:
        yield f"{where} is no plain text"


def _walk(elements: list[Plain], depth: int) -> Iterator[tuple[int, Plain]]:
    for element in elements:
        yield depth, element
        inner = element.get("columns") if element.get("tag") == "column_set" else element.get("elements")
        yield from _walk(inner or [], depth + 1)


def _element(depth: int, element: Plain) -> Iterator[str]:
    tag = element.get("tag")
    if tag not in PROPERTIES:
        yield f"tag {tag}"
        return
    yield from _unknown(element, PROPERTIES[str(tag)] | {"tag", "element_id"}, str(tag))
    if depth > DEPTH_MAX:
        yield "too deep"
    check = {"markdown": _markdown, "table": _table, "chart": _chart, "button": _button}.get(str(tag))
    if check:
        yield from check(element)
    if tag == "table" and depth > 1:
        yield "a table inside of something"


def _markdown(element: Plain) -> Iterator[str]:
    if not isinstance(element.get("content"), str) or not element["content"].strip():
        yield "markdown without words"
    elif "<at" in element["content"] or element["content"].count("**") % 2:
        yield f"markup of somebody else: {element['content']}"


def _table(element: Plain) -> Iterator[str]:
    columns = {column["name"]: column for column in element["columns"]}
    if not 1 <= len(columns) <= 50 or len(columns) < len(element["columns"]):
        yield "columns"
    if element.get("page_size", 5) not in range(1, 11):
        yield "page_size"
    for column in columns.values():
        yield from _unknown(column, {"name", "display_name", "data_type", "width", "format", "date_format"}, "column")
        yield from _unknown(column.get("format", {}), {"symbol", "precision", "separator"}, "format")
        if column.get("data_type") not in DATA_TYPES:
            yield f"data_type {column.get('data_type')}"
    for row in element["rows"]:
        yield from _unknown(row, set(columns), "row")
        for name, value in row.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if name in columns and number != (columns[name]["data_type"] in ("number", "date")):
                yield f"cell {value!r} in a column of {columns[name]['data_type']}"


def _chart(element: Plain) -> Iterator[str]:
    spec = element["chart_spec"]
    values = spec["data"]["values"]
    if spec.get("type") not in CHARTS or not values:
        yield f"chart {spec.get('type')} of {len(values)} values"
    if not isinstance(spec["title"]["text"], str):
        yield "chart without a title"
    for value in values:
        if not isinstance(value[spec["xField"]], str) or not isinstance(value[spec["yField"]], int | float | None):
            yield f"value {value}"
    if element.get("aspect_ratio", "16:9") not in ("1:1", "2:1", "4:3", "16:9"):
        yield "aspect_ratio"


def _button(element: Plain) -> Iterator[str]:
    yield from _plain(element["text"], "button")
    if len(element["text"]["content"]) > BUTTON_LETTERS_MAX or element.get("type", "default") not in BUTTONS:
        yield "button"
    for behavior in element["behaviors"]:
        if behavior["type"] != "open_url" or not str(behavior["default_url"]).startswith(("http://", "https://")):
            yield f"behaviour {behavior}: a custom bot's card can only open pages"
