"""Bases, tables and fields. Follows Bitable: 获取多维表格元数据, 列出数据表, 新增一个数据表, 列出字段, 新增字段."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel

from pipeline.clients.feishu.api import Feishu, parsed
from pipeline.core.errors import BadResponse
from pipeline.core.model import CHINA
from pipeline.core.table.cells import Field

APP = "/open-apis/bitable/v1/apps/{app_token}"
TABLES = APP + "/tables"
FIELDS = TABLES + "/{table_id}/fields"
LIST_PAGE = "100"  # tables, fields, views: page_size at most 100


class _App(BaseModel):
    time_zone: str | None = None
    is_advanced: bool | None = None


class _Base(BaseModel):
    app: _App


class _Created(BaseModel):
    table_id: str


class _Table(_Created):
    name: str


class _Option(BaseModel):
    id: str
    name: str


class _Property(BaseModel):
    options: list[_Option] | None = None


class _Field(BaseModel):
    field_id: str
    field_name: str
    type: int
    ui_type: str | None = None
    property: _Property | None = None


@dataclass(frozen=True, slots=True)
class BaseMeta:
    """A base's time zone, in which its day cells are midnights, and whether it has permissions per row."""

    time_zone: ZoneInfo
    advanced: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one base."""

    api: Feishu
    app_token: str

    def time_zone(self) -> ZoneInfo:
        """The base's time zone."""
        return self.meta().time_zone

    def meta(self) -> BaseMeta:
        """The base's facts."""
        path = APP.format(app_token=self.app_token)
        app = parsed(_Base, self.api.read("GET", path), path).app
        try:
            zone = ZoneInfo(app.time_zone) if app.time_zone else CHINA
        except (ZoneInfoNotFoundError, ValueError, OSError):  # such as the name of a folder
            raise BadResponse(f"the base's time zone is unknown here: {app.time_zone!r}") from None
        return BaseMeta(zone, bool(app.is_advanced))

    def ids(self) -> dict[str, str]:
        """Table ids by name."""
        path = TABLES.format(app_token=self.app_token)
        items = self.api.pages("GET", path, params={"page_size": LIST_PAGE})
        return {table.name: table.table_id for table in (parsed(_Table, item, path) for item in items)}

    def create(self, name: str, fields: Sequence[Mapping[str, object]]) -> str:
        """Create a table; its id.

        Raises:
            BadRequest: With the code `TABLE_NAME_TAKEN`: the base has a table of this name.
            Retryable: With `effect_possible`: it may have been created.
        """
        body = {"table": {"name": name, "default_view_name": "表格", "fields": list(fields)}}
        path = TABLES.format(app_token=self.app_token)
        return parsed(_Created, self.api.write("POST", path, json=body), path).table_id

    def fields(self, table_id: str) -> list[Field]:
        """The fields of a table."""
        return as_fields(self._listed(table_id))

    def described(self, table_id: str) -> list[Mapping[str, object]]:
        """The fields of a table as the service describes them: looks, property, description, which is the index."""
        items = list(self._listed(table_id))
        as_fields(items)  # one that lacks what every field has is no field
        return items

    def create_field(self, table_id: str, field: Mapping[str, object]) -> None:
        """Add a column at the end of a table."""
        self.api.write("POST", FIELDS.format(app_token=self.app_token, table_id=table_id), json=field)

    def _listed(self, table_id: str) -> Iterator[Mapping[str, object]]:
        path = FIELDS.format(app_token=self.app_token, table_id=table_id)
        return self.api.pages("GET", path, params={"page_size": LIST_PAGE})


def as_fields(described: Iterable[Mapping[str, object]]) -> list[Field]:
    """Fields as `Tables.described` lists them; `BadResponse` if one lacks what every field has."""
    return [_field(parsed(_Field, item, FIELDS)) for item in described]


def _field(found: _Field) -> Field:
    options = found.property.options if found.property else None
    names = {one.name: one.id for one in options or []}
    return Field(found.field_id, found.field_name, found.type, names, found.ui_type or "")
