"""Views of one table. Follows Bitable: 列出视图, 获取视图, 新增视图, 更新视图.

A view's filter value is one string that holds a JSON array; the server reads it back in a shape of its own, so
conditions are compared parsed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pipeline.clients.body import Unfit, judge
from pipeline.clients.feishu.api import Feishu, parsed
from pipeline.core.text import encodable

VIEWS = "/open-apis/bitable/v1/apps/{app_token}/tables/{table_id}/views"
LIST_PAGE = "100"  # 列出视图: page_size at most 100
NAME_TAKEN, FULL = 1254020, 1254101  # codes of 新增视图; views that are hidden from us count too


class _View(BaseModel):
    view_id: str


class _NamedView(_View):
    view_name: str
    view_type: str = "grid"


class _Created(BaseModel):
    view: _View


class _FilterInfo(BaseModel):
    conjunction: str | None = None
    conditions: list[dict[str, Any]] | None = None


class _Property(BaseModel):
    filter_info: _FilterInfo | None = None


class _Filtered(BaseModel):
    property: _Property | None = None


class _Got(BaseModel):
    view: _Filtered


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a view's filter: the field, the operator, the parsed values."""

    field_id: str
    operator: str
    values: tuple[str, ...]

    def matches(self, field_id: str, value: str) -> bool:
        """Whether this is the condition `filter_on` writes, whatever the shape it is read back in."""
        return (self.field_id, self.operator, self.values) == (field_id, "is", _values(value))


@dataclass(frozen=True, slots=True)
class Filter:
    """What a view filters on: `and` or `or` of its conditions."""

    conjunction: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A view as the list has it."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Views:
    """The views of one table."""

    api: Feishu
    app_token: str
    table_id: str

    def names(self) -> dict[str, str]:
        """View ids and names; views private to a person may be left out by the service."""
        return {view.id: view.name for view in self.all()}

    def all(self) -> list[Listed]:
        """The views; those private to a person may be left out by the service."""
        # whether the total counts views that people keep to themselves is not said
        items = self.api.pages("GET", self._path(), params={"page_size": LIST_PAGE}, hidden=True)
        found = (parsed(_NamedView, item, self._path()) for item in items)
        return [Listed(view.view_id, view.view_name, view.view_type) for view in found]

    def conditions(self, view_id: str) -> tuple[Condition, ...]:
        """What a view filters on."""
        return self.filter(view_id).conditions

    def filter(self, view_id: str) -> Filter:
        """What a view filters on, and how its conditions are joined.

        Raises:
            BadResponse: The answer is no view, or its filter no list of conditions.
        """
        path = f"{self._path()}/{view_id}"
        found = parsed(_Got, self.api.read("GET", path), path).view.property
        info = (found and found.filter_info) or _FilterInfo()
        return Filter(info.conjunction or "and", tuple(map(_condition, info.conditions or [])))

    def create(self, name: str, type_: str = "grid") -> str:
        """A new view without a filter; its id."""
        data = self.api.write("POST", self._path(), json={"view_name": name, "view_type": type_})
        return parsed(_Created, data, self._path()).view.view_id

    def filter_on(self, view_id: str, field_id: str, value: str) -> None:
        """Let a view show only the rows whose field is `value` (a JSON array as text)."""
        self.set_filter(view_id, Filter("and", (Condition(field_id, "is", _values(value)),)))

    def set_filter(self, view_id: str, wanted: Filter) -> None:
        """Let a view filter on these conditions and no others."""
        conditions = [
            {"field_id": one.field_id, "operator": one.operator, "value": json.dumps(one.values, ensure_ascii=False)}
            for one in wanted.conditions
        ]
        info = {"conjunction": wanted.conjunction, "conditions": conditions}
        self.api.write("PATCH", f"{self._path()}/{view_id}", json={"property": {"filter_info": info}})

    def _path(self) -> str:
        return VIEWS.format(app_token=self.app_token, table_id=self.table_id)


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(str(item.get("field_id")), str(item.get("operator")), _values(item.get("value")))


def _values(raw: object) -> tuple[str, ...]:
    if raw is None:  # isEmpty and isNotEmpty have none
        return ()
    values = _json_in(raw) if isinstance(raw, str) else raw
    return tuple(encodable(str(one)) for one in (values if isinstance(values, list) else [values]))


def _json_in(text: str) -> object:
    """Parse JSON inside a text; a text that is no JSON, or exceeds the bounds, stays a text."""
    try:
        judge(bytearray(text, "utf-8", "surrogatepass"))
        return json.loads(text)
    except (Unfit, ValueError):
        return text
