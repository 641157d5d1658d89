"""The structure of a card (卡片 JSON 2.0 结构). Unknown properties are errors in 2.0."""

import re
from collections.abc import Iterator
from typing import Any

BUILD_FAILED = 230099
TOP_KEYS = {"schema", "config", "card_link", "header", "body"}
HEADER_KEYS = {"title", "subtitle", "template", "text_tag_list", "icon", "padding"}
BODY_KEYS = {
    "direction", "padding", "vertical_spacing", "horizontal_spacing", "vertical_align", "horizontal_align", "elements",
}  # fmt: skip
CONFIG_KEYS = {
    "streaming_mode", "streaming_config", "summary", "locales", "enable_forward", "update_multi", "width_mode",
    "use_custom_translation", "enable_forward_interaction", "style",
}  # fmt: skip
WIDTH_MODES = ("default", "compact", "fill")
TEMPLATES = (
    "blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey",
    "default",
)  # fmt: skip
COMMON_KEYS = {"tag", "element_id", "margin"}
# Tags of 2.0 with their keys; None: keys are not checked.
ELEMENTS: dict[str, set[str] | None] = {
    "markdown": {"content", "text_align", "text_size", "icon"},
    "table": {
        "page_size", "row_height", "row_max_height", "freeze_first_column", "header_style", "columns", "rows",
    },
    "chart": {"chart_spec", "aspect_ratio", "color_theme", "height", "preview"},
    "column_set": {
        "flex_mode", "background_style", "horizontal_spacing", "horizontal_align", "columns", "action",
    },
    "column": {
        "width", "weight", "vertical_align", "horizontal_align", "vertical_spacing", "horizontal_spacing", "direction",
        "padding", "background_style", "elements", "action",
    },
    "button": {
        "text", "type", "size", "width", "icon", "hover_tips", "disabled", "disabled_tips", "confirm", "behaviors",
        "name", "required", "form_action_type",
    },
    "div": {"text", "icon", "width", "fields"},
    "hr": set(),
} | dict.fromkeys(
    (
        "img", "img_combination", "person", "person_list", "form", "interactive_container", "collapsible_panel",
        "input", "overflow", "select_static", "multi_select_static", "select_person", "multi_select_person",
        "date_picker", "picker_time", "picker_datetime", "checker", "select_img", "multi_select_img", "audio",
    )
)  # fmt: skip
MOST_ELEMENTS = 200
MOST_TABLES = 5
MOST_TAGS = 3
MOST_COLUMNS = 50
MOST_LEVELS = 5
ROWS_PER_PAGE = range(1, 11)
COLUMN_KEYS = {
    "name", "display_name", "data_type", "width", "format", "date_format", "horizontal_align", "vertical_align",
}  # fmt: skip
FORMAT_KEYS = {"symbol", "precision", "separator"}
ASPECT_RATIOS = ("1:1", "2:1", "4:3", "16:9")
BUTTON_TYPES = (
    "default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled", "danger_filled", "laser",
)  # fmt: skip
BUTTON_LETTERS = 100
BEHAVIORS = ("open_url", "callback")
DATA_TYPES = ("text", "lark_md", "markdown", "options", "number", "persons", "date")
ELEMENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")


class BadCard(Exception):
    """A card that cannot be built; `sub` is the code inside the message."""

    def __init__(self, sub: int, why: str) -> None:
        super().__init__(f"Failed to create card content, ext=ErrCode: {sub}; ErrMsg: {why}")
        self.code = BUILD_FAILED


def check_card(card: dict[str, Any]) -> None:
    """Raise BadCard unless the card is one of JSON 2.0, or a template."""
    if card.get("type") == "template":
        return
    if card.get("schema") != "2.0":
        raise BadCard(200621, "schema 2.0 expected")
    _check_keys(card, TOP_KEYS, "card")
    _check_config(card.get("config", {}))
    _check_header(card.get("header"))
    body = card.get("body")
    if not isinstance(body, dict) or not isinstance(body.get("elements"), list):
        raise BadCard(200621, "body.elements is a list")
    _check_keys(body, BODY_KEYS, "body")
    _check_elements(list(_walk(body["elements"], 1)))


def _check_keys(given: dict[str, Any], allowed: set[str], where: str) -> None:
    unknown = given.keys() - allowed
    if unknown:
        raise BadCard(200621, f"unknown property {', '.join(sorted(unknown))} in {where}")


def _check_config(config: object) -> None:
    if not isinstance(config, dict):
        raise BadCard(200621, "config is an object")
    _check_keys(config, CONFIG_KEYS, "config")
    if config.get("update_multi", True) is not True:
        raise BadCard(200621, "update_multi can only be true")
    if config.get("width_mode", "default") not in WIDTH_MODES:
        raise BadCard(200621, "width_mode")


def _check_header(header: object) -> None:
    if header is None:
        return
    if not isinstance(header, dict):
        raise BadCard(200621, "header is an object")
    _check_keys(header, HEADER_KEYS, "header")
    if not _is_text(header.get("title")) or not _is_text(header.get("subtitle", {"tag": "plain_text", "content": ""})):
        raise BadCard(200621, "header.title is a text object")
    if header.get("template", "default") not in TEMPLATES:
        raise BadCard(200621, f"header.template {header['template']}")
    tags = header.get("text_tag_list", [])
    if not isinstance(tags, list) or len(tags) > MOST_TAGS:
        raise BadCard(200621, f"text_tag_list has at most {MOST_TAGS} tags")
    for tag in tags:
        if not isinstance(tag, dict) or tag.get("tag") != "text_tag" or not _is_text(tag.get("text")):
            raise BadCard(200621, "text_tag_list holds text_tag objects")


def _is_text(text: object) -> bool:
    return (
        isinstance(text, dict) and text.get("tag") in ("plain_text", "lark_md") and isinstance(text.get("content"), str)
    )


def _walk(elements: object, level: int) -> Iterator[tuple[int, dict[str, Any]]]:
    if not isinstance(elements, list):
        raise BadCard(200621, "elements is a list")
    for element in elements:
        if not isinstance(element, dict):
            raise BadCard(200621, "an element is an object")
        yield level, element
        nested = element["columns"] if element.get("tag") == "column_set" else element.get("elements")
        if nested is not None:
            yield from _walk(nested, level + 1)


def _check_elements(elements: list[tuple[int, dict[str, Any]]]) -> None:
    if len(elements) > MOST_ELEMENTS:
        raise BadCard(11310, f"card has more than {MOST_ELEMENTS} elements")
    if sum(element.get("tag") == "table" for _, element in elements) > MOST_TABLES:
        raise BadCard(11310, "card table number over limit")
    names = [element["element_id"] for _, element in elements if "element_id" in element]
    if len(names) > len(set(map(str, names))) or not all(ELEMENT_ID.fullmatch(str(name)) for name in names):
        raise BadCard(200621, "element_id")
    for level, element in elements:
        _check_element(level, element)


def _check_element(level: int, element: dict[str, Any]) -> None:
    tag = element.get("tag")
    if not isinstance(tag, str) or tag not in ELEMENTS:
        raise BadCard(200861, f"unsupported tag {tag} in schema 2.0")
    if level > 2 * MOST_LEVELS:  # each level of nesting is a column_set and its column
        raise BadCard(200621, "nested too deep")
    keys = ELEMENTS[tag]
    if keys is not None:
        _check_keys(element, keys | COMMON_KEYS, tag)
    if tag == "markdown" and not isinstance(element.get("content"), str):
        raise BadCard(200621, "markdown.content is a text")
    if tag == "chart":
        _check_chart(element)
    if tag == "button":
        _check_button(element)
    if tag == "table":
        if level > 1:
            raise BadCard(200621, "table stands at root level only")
        _check_table(element)


def _check_chart(chart: dict[str, Any]) -> None:
    spec = chart.get("chart_spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("type"), str):
        raise BadCard(200550, "chart_spec is an object with a type")
    if chart.get("aspect_ratio", "16:9") not in ASPECT_RATIOS:
        raise BadCard(200621, f"aspect_ratio {chart['aspect_ratio']}")


def _check_button(button: dict[str, Any]) -> None:
    text = button.get("text")
    if text is not None and (not _is_text(text) or len(text["content"]) > BUTTON_LETTERS):
        raise BadCard(200621, f"button.text is a text object of at most {BUTTON_LETTERS} characters")
    if button.get("type", "default") not in BUTTON_TYPES:
        raise BadCard(200621, f"button.type {button['type']}")
    behaviors = button.get("behaviors", [])
    if not isinstance(behaviors, list) or not all(
        isinstance(one, dict) and one.get("type") in BEHAVIORS for one in behaviors
    ):
        raise BadCard(200621, "button.behaviors is a list of open_url and callback")


def _check_table(table: dict[str, Any]) -> None:
    columns, rows = table.get("columns"), table.get("rows", [])
    if not isinstance(columns, list) or not 1 <= len(columns) <= MOST_COLUMNS:
        raise BadCard(200621, f"table has 1 to {MOST_COLUMNS} columns")
    for column in columns:
        if not isinstance(column, dict) or not isinstance(column.get("name"), str):
            raise BadCard(200621, "table column needs a name")
        _check_keys(column, COLUMN_KEYS, "table column")
        _check_keys(column.get("format", {}), FORMAT_KEYS, "format of a table column")
        if column.get("data_type", "text") not in DATA_TYPES:
            raise BadCard(200621, f"data_type {column['data_type']}")
    if table.get("page_size", 5) not in ROWS_PER_PAGE:
        raise BadCard(200621, "table page_size is 1 to 10")
    types = {column["name"]: column.get("data_type", "text") for column in columns}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() <= types.keys() for row in rows):
        raise BadCard(200914, "table rows are objects keyed by column name")
    for row in rows:
        for name, value in row.items():
            _check_cell(types[name], value)


def _check_cell(kind: str, value: object) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fitting = is_number if kind in ("number", "date") else isinstance(value, str | list | dict)
    if not fitting:
        raise BadCard(200915, f"table cell {value!r} in a column of {kind}")
