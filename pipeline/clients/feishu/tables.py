"""Bases, tables and fields. Follows Bitable: 获取多维表格元数据, 列出数据表, 新增一个数据表, 列出字段."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.clients.feishu.api import Feishu
from pipeline.core.errors import BadResponse
from pipeline.core.model import CHINA
from pipeline.core.table import Field

APP = "/open-apis/bitable/v1/apps/{app_token}"
TABLES = APP + "/tables"
FIELDS = TABLES + "/{table_id}/fields"
LIST_PAGE = "100"  # tables, fields, views: page_size at most 100


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one base."""

    api: Feishu
    app_token: str

    def time_zone(self) -> ZoneInfo:
        """The base's time zone, in which its day cells are midnights."""
        app = self.api.read("GET", APP.format(app_token=self.app_token)).get("app") or {}
        try:
            return ZoneInfo(app["time_zone"]) if app.get("time_zone") else CHINA
        except (ZoneInfoNotFoundError, ValueError):
            raise BadResponse(f"the base's time zone is unknown here: {app['time_zone']!r}") from None

    def ids(self) -> dict[str, str]:
        """Table names and their ids."""
        path = TABLES.format(app_token=self.app_token)
        items = self.api.pages("GET", path, params={"page_size": LIST_PAGE})
        return {item["name"]: item["table_id"] for item in items}

    def create(self, name: str, fields: Sequence[Mapping[str, object]]) -> str:
        """A new table; its id."""
        body = {"table": {"name": name, "default_view_name": "表格", "fields": list(fields)}}
        data = self.api.write("POST", TABLES.format(app_token=self.app_token), json=body)
        return str(data["table_id"])

    def fields(self, table_id: str) -> list[Field]:
        """The fields that a table really has."""
        path = FIELDS.format(app_token=self.app_token, table_id=table_id)
        return [_field(item) for item in self.api.pages("GET", path, params={"page_size": LIST_PAGE})]


def _field(item: Mapping[str, Any]) -> Field:
    options = (item.get("property") or {}).get("options") or []
    return Field(item["field_id"], item["field_name"], int(item["type"]), {one["name"]: one["id"] for one in options})
