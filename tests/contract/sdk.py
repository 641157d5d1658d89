"""Feishu's official SDK on the emulator: one method for each call that the product makes, in the SDK's own models."""

import logging
from collections.abc import Iterator
from typing import Any

import lark_oapi as lark
from lark_oapi.api.bitable.v1 import (
    AppTableField,
    BatchCreateAppTableRecordRequest,
    BatchCreateAppTableRecordRequestBody,
    BatchDeleteAppTableRecordRequest,
    BatchDeleteAppTableRecordRequestBody,
    BatchUpdateAppTableRecordRequest,
    BatchUpdateAppTableRecordRequestBody,
    CreateAppTableFieldRequest,
    CreateAppTableRequest,
    CreateAppTableRequestBody,
    CreateAppTableViewRequest,
    DeleteAppTableViewRequest,
    GetAppRequest,
    GetAppTableViewRequest,
    ListAppTableFieldRequest,
    ListAppTableRequest,
    ListAppTableViewRequest,
    PatchAppTableViewRequest,
    PatchAppTableViewRequestBody,
    ReqView,
    SearchAppTableRecordRequest,
    SearchAppTableRecordRequestBody,
)
from lark_oapi.core.cache import LocalCache

Plain = dict[str, Any]
logging.getLogger("Lark").setLevel(logging.CRITICAL)  # it says each refusal aloud


class Sdk:
    """An SDK client as the SDK's pages build one, on one base. Bodies are plain JSON."""

    def __init__(self, facts: Plain, **other: str) -> None:
        self.facts = facts | other
        self.client = (
            lark.Client.builder()
            .app_id(self.facts["feishu_app_id"])
            .app_secret(self.facts["feishu_app_secret"])
            .domain(self.facts["url"])
            .cache(LocalCache())  # its own is one for all clients, and outlives a reset of the emulator
            .log_level(lark.LogLevel.CRITICAL)
            .timeout(10)
            .build()
        )
        self.bitable = self.client.bitable.v1

    def meta(self) -> Any:  # noqa: ANN401 - the SDK's models have no types
        """The base."""
        return self.bitable.app.get(self._base(GetAppRequest).build())

    def tables(self, **page: object) -> Any:  # noqa: ANN401
        """A page of its tables."""
        return self.bitable.app_table.list(_page(self._base(ListAppTableRequest), page).build())

    def create_table(self, table: Plain) -> Any:  # noqa: ANN401
        """A new table."""
        body = CreateAppTableRequestBody({"table": table})
        return self.bitable.app_table.create(self._base(CreateAppTableRequest).request_body(body).build())

    def fields(self, table_id: str, **page: object) -> Any:  # noqa: ANN401
        """A page of a table's fields."""
        return self.bitable.app_table_field.list(_page(self._table(ListAppTableFieldRequest, table_id), page).build())

    def create_field(self, table_id: str, field: Plain) -> Any:  # noqa: ANN401
        """A new field."""
        request = self._table(CreateAppTableFieldRequest, table_id).request_body(AppTableField(field))
        return self.bitable.app_table_field.create(request.build())

    def search(self, table_id: str, body: Plain, **page: object) -> Any:  # noqa: ANN401
        """A page of records."""
        request = _page(self._table(SearchAppTableRecordRequest, table_id), page)
        body = SearchAppTableRecordRequestBody(body)
        return self.bitable.app_table_record.search(request.request_body(body).build())

    def create(self, table_id: str, rows: list[Plain], client_token: str) -> Any:  # noqa: ANN401
        """New records."""
        body = BatchCreateAppTableRecordRequestBody({"records": [{"fields": row} for row in rows]})
        request = self._table(BatchCreateAppTableRecordRequest, table_id).client_token(client_token)
        return self.bitable.app_table_record.batch_create(request.request_body(body).build())

    def update(self, table_id: str, rows: dict[str, Plain]) -> Any:  # noqa: ANN401
        """Other cells in records, by record id."""
        records = [{"record_id": record_id, "fields": cells} for record_id, cells in rows.items()]
        request = self._table(BatchUpdateAppTableRecordRequest, table_id)
        body = BatchUpdateAppTableRecordRequestBody({"records": records})
        return self.bitable.app_table_record.batch_update(request.request_body(body).build())

    def delete(self, table_id: str, record_ids: list[str]) -> Any:  # noqa: ANN401
        """Delete records."""
        request = self._table(BatchDeleteAppTableRecordRequest, table_id)
        body = BatchDeleteAppTableRecordRequestBody({"records": record_ids})
        return self.bitable.app_table_record.batch_delete(request.request_body(body).build())

    def views(self, table_id: str, **page: object) -> Any:  # noqa: ANN401
        """A page of a table's views."""
        return self.bitable.app_table_view.list(_page(self._table(ListAppTableViewRequest, table_id), page).build())

    def view(self, table_id: str, view_id: str) -> Any:  # noqa: ANN401
        """A view."""
        return self.bitable.app_table_view.get(self._table(GetAppTableViewRequest, table_id).view_id(view_id).build())

    def create_view(self, table_id: str, name: str) -> Any:  # noqa: ANN401
        """A new grid."""
        request = self._table(CreateAppTableViewRequest, table_id)
        body = ReqView({"view_name": name, "view_type": "grid"})
        return self.bitable.app_table_view.create(request.request_body(body).build())

    def patch_view(self, table_id: str, view_id: str, changes: Plain) -> Any:  # noqa: ANN401
        """Change a view."""
        request = self._table(PatchAppTableViewRequest, table_id).view_id(view_id)
        return self.bitable.app_table_view.patch(request.request_body(PatchAppTableViewRequestBody(changes)).build())

    def delete_view(self, table_id: str, view_id: str) -> Any:  # noqa: ANN401
        """Delete a view."""
        request = self._table(DeleteAppTableViewRequest, table_id).view_id(view_id)
        return self.bitable.app_table_view.delete(request.build())

    def _base(self, request: Any) -> Any:  # noqa: ANN401
        return request.builder().app_token(self.facts["app_token"])

    def _table(self, request: Any, table_id: str) -> Any:  # noqa: ANN401
        return self._base(request).table_id(table_id)


def _page(request: Any, page: Plain) -> Any:  # noqa: ANN401
    for name, value in page.items():
        request = getattr(request, name)(value)
    return request


def done(answer: Any) -> Any:  # noqa: ANN401
    """The data of an answer. Raises AssertionError for a refusal."""
    assert answer.success(), (answer.code, answer.msg)
    return answer.data


def every_page(sdk: Sdk, table_id: str, body: Plain, size: int = 500) -> Iterator[Any]:
    """All records of a search, page by page."""
    token: Plain = {}
    while True:
        data = done(sdk.search(table_id, body, page_size=size, **token))
        yield from data.items or []
        if not data.has_more:
            return
        token = {"page_token": data.page_token}
