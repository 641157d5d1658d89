"""Options in the filters of views, where the API takes names instead of ids."""

import json
from typing import Any

from emulator.feishu.bitable.model import SELECTS, Table
from emulator.shared.parsing import json_of

Property = dict[str, Any]


def by_id(table: Table, given: object) -> object:
    """A `property` as it is stored: option names become ids."""
    if not isinstance(given, dict) or not isinstance(given.get("filter_info"), dict):
        return given
    conditions = given["filter_info"].get("conditions")
    if not isinstance(conditions, list):
        return given
    kept = [_spelled(table, condition, to_ids=True) for condition in conditions]
    return {**given, "filter_info": {**given["filter_info"], "conditions": kept}}


def by_name(table: Table, view: Property) -> Property:
    """A view as the API shows it: option ids become names."""
    info = view["property"]["filter_info"]
    if info:
        info["conditions"] = [_spelled(table, condition, to_ids=False) for condition in info["conditions"]]
    return view


def _spelled(table: Table, condition: Any, *, to_ids: bool) -> Any:  # noqa: ANN401 what a client sent
    column = table.fields.get(str(condition.get("field_id"))) if isinstance(condition, dict) else None
    if column is None or column.type not in SELECTS or not isinstance(condition.get("value"), str):
        return condition
    other = column.options if to_ids else {option_id: name for name, option_id in column.options.items()}
    try:
        values = json_of(condition["value"])
    except ValueError:
        return condition
    if not isinstance(values, list):
        return condition
    # an unknown name becomes an unknown id, which is refused
    spelled = [other.get(value, f"no option {value}") for value in values]
    return {**condition, "value": json.dumps(spelled, ensure_ascii=False, separators=(",", ":"))}
