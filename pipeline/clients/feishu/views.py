"""Views of one table. Follows Bitable: 列出视图, 获取视图, 新增视图, 更新视图.

A view's filter value is one string that holds a JSON array; the server reads it back in a shape of its own, so
conditions are compared parsed. The column and the value of a filter: `core/table/layout.py: view_conditions`.
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
NAME_TAKEN, FULL = 1254020, 1254101  # codes of 新增视图; people's private views count, too


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
    """One condition of a view's filter, its values parsed."""

    field_id: str
    operator: str
    values: tuple[str, ...]

    def matches(self, field_id: str, value: str) -> bool:
        """Whether this is the condition that `filter_on` writes."""
        return (self.field_id, self.operator, self.values) == (field_id, "is", _values(value))


@dataclass(frozen=True, slots=True)
class Filter:
    """A view's filter: `and` or `or` of its conditions."""

    conjunction: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A view in the list."""

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
        """View names by id; the service may omit people's private views."""
        return {view.id: view.name for view in self.all()}

    def all(self) -> list[Listed]:
        """The views; the service may omit people's private views, which the total may count."""
        items = self.api.pages("GET", self._path(), params={"page_size": LIST_PAGE}, hidden=True)
        found = (parsed(_NamedView, item, self._path()) for item in items)
        return [Listed(view.view_id, view.view_name, view.view_type) for view in found]

    def conditions(self, view_id: str) -> tuple[Condition, ...]:
        """The conditions of a view's filter."""
        return self.filter(view_id).conditions

    def filter(self, view_id: str) -> Filter:
        """A view's filter; `BadResponse` if the answer is no view, or its filter no list of conditions."""
        path = f"{self._path()}/{view_id}"
        return _filter(parsed(_Got, self.api.read("GET", path), path)) or Filter("and", ())

    def create(self, name: str, type_: str = "grid") -> str:
        """Create a view without a filter; its id."""
        data = self.api.write("POST", self._path(), json={"view_name": name, "view_type": type_})
        return parsed(_Created, data, self._path()).view.view_id

    def filter_on(self, view_id: str, field_id: str, value: str) -> Filter | None:
        """Filter a view on the rows whose field is `value` (a JSON array as text); answers as `set_filter` does."""
        return self.set_filter(view_id, Filter("and", (Condition(field_id, "is", _values(value)),)))

    def set_filter(self, view_id: str, wanted: Filter) -> Filter | None:
        """Replace a view's filter; the filter as the answer has it, if it has one."""
        conditions = [
            {"field_id": one.field_id, "operator": one.operator, "value": json.dumps(one.values, ensure_ascii=False)}
            for one in wanted.conditions
        ]
        info = {"conjunction": wanted.conjunction, "conditions": conditions}
        path = f"{self._path()}/{view_id}"
        answer = self.api.write("PATCH", path, json={"property": {"filter_info": info}})
        return _filter(parsed(_Got, answer, path)) if "view" in answer else None

    def _path(self) -> str:
        return VIEWS.format(app_token=self.app_token, table_id=self.table_id)


def _filter(got: _Got) -> Filter | None:
    found = got.view.property
    if not found or not found.filter_info:
        return None
    info = found.filter_info
    return Filter(info.conjunction or "and", tuple(map(_condition, info.conditions or [])))


def _condition(item: Mapping[str, Any]) -> Condition:
    return Condition(str(item.get("field_id")), str(item.get("operator")), _values(item.get("value")))


def _values(raw: object) -> tuple[str, ...]:
    if raw is None:  # isEmpty and isNotEmpty have no values
        return ()
    values = _json_in(raw) if isinstance(raw, str) else raw
    return tuple(encodable(str(one)) for one in (values if isinstance(values, list) else [values]))


def _json_in(text: str) -> object:
    """Parse JSON in a text; a text that is no JSON, or beyond the bounds, stays a text."""
    try:
        judge(bytearray(text, "utf-8", "surrogatepass"))
        return json.loads(text)
    except (Unfit, ValueError):
        return text
