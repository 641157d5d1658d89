"""Records of one table. Follows Bitable: 查询记录, 新增多条记录, 更新多条记录, 删除多条记录."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from pipeline.clients.feishu.api import LARGEST_PAGE, Feishu, parsed
from pipeline.clients.feishu.codes import AnswerTooLarge
from pipeline.core.errors import BadResponse
from pipeline.core.table.cells import plain_text
from pipeline.core.table.record import Record, from_wire

RECORDS = "/open-apis/bitable/v1/apps/{app_token}/tables/{table_id}/records"
SEARCH_PAGE = str(LARGEST_PAGE)
WRITE_BATCH = 1000  # 新增多条记录, 更新多条记录
SMALL_BATCH = 500  # what older pages of the same endpoints say
DELETE_BATCH = 500  # 删除多条记录


class _Created(BaseModel):
    records: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Created:
    """Records as sent, and as the service echoes them."""

    rows: Sequence[Mapping[str, object]]
    echo: Sequence[Record]

    @property
    def ids(self) -> list[str]:
        """The records' ids in the order of the rows; empty if the echo does not show which is which.

        The service does not promise to keep the order, so each record is matched by its cells.
        """
        by_cells = {_comparable(record.cells): record.record_id for record in self.echo}
        ids = [by_cells.get(_comparable(row), "") for row in self.rows]
        return ids if len(by_cells) == len(ids) and all(ids) else []


class BatchSize:
    """Records in one write: the documented maximum, fewer once the service refuses it."""

    def __init__(self) -> None:
        self.now = WRITE_BATCH

    def refused(self, size: int) -> bool:
        """Take fewer from now on; whether a smaller size is left to try."""
        self.now = SMALL_BATCH
        return size > SMALL_BATCH


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one table."""

    api: Feishu
    app_token: str
    table_id: str

    def search(
        self, filter_: Mapping[str, object] | None, field_names: Sequence[str], sort: Sequence[str] = ()
    ) -> Iterator[Record]:
        """Every record that the filter passes, page by page; the first page is asked for at once.

        Args:
            field_names: Without names, every field.
            sort: Names of the fields to order by, ascending.

        Raises:
            BadResponse: The pages contradict each other, a record has no id or comes twice; may come after the last
                record. After a page that was too large the next search asks for smaller ones.
        """
        body: dict[str, object] = {"automatic_fields": True}
        if field_names:
            body["field_names"] = list(field_names)
        if filter_:
            body["filter"] = filter_
        if sort:
            body["sort"] = [{"field_name": name, "desc": False} for name in sort]
        path = self._path("/search")
        size = str(self.api.page_size.now)
        return self._each_once(path, self.api.pages("POST", path, params={"page_size": size}, json=body))

    def count(self, filter_: Mapping[str, object] | None = None) -> int:
        """How many records the table holds, or a filter passes."""
        body = {"automatic_fields": False, **({"filter": filter_} if filter_ else {})}
        data = self.api.read("POST", self._path("/search"), params={"page_size": "1"}, json=body)
        total = data.get("total")
        if not isinstance(total, int):
            raise BadResponse(f"{self._path('/search')}: no total")
        return total

    def batch_create(self, rows: Sequence[Mapping[str, object]], client_token: str) -> Created:
        """Create at most `WRITE_BATCH` records, all or none.

        Raises:
            Retryable: With `effect_possible`: they may have been created.
            BatchTooLarge: The service takes fewer at once.
            RowRefused: The service refuses one of them.
        """
        body = {"records": [{"fields": fields} for fields in rows]}
        data = self.api.write("POST", self._path("/batch_create"), params={"client_token": client_token}, json=body)
        path = self._path("/batch_create")
        return Created(rows, [_record(path, item) for item in parsed(_Created, data, path).records])

    def batch_update(self, changes: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        """Set the given cells of at most `WRITE_BATCH` records; other cells stay.

        Raises:
            RowVanished: One of them was deleted; none was changed.
            BatchTooLarge: The service takes fewer at once.
            RowRefused: The service refuses one of them.
        """
        body = {"records": [{"record_id": record_id, "fields": fields} for record_id, fields in changes]}
        self.api.write("POST", self._path("/batch_update"), json=body)

    def batch_delete(self, record_ids: Sequence[str]) -> None:
        """Delete at most `DELETE_BATCH` records, all or none.

        Raises:
            RowVanished: One of them was deleted before; none was deleted now.
            Retryable: With `effect_possible`: they may have been deleted.
        """
        self.api.write("POST", self._path("/batch_delete"), json={"records": list(record_ids)})

    def _each_once(self, path: str, items: Iterable[Mapping[str, object]]) -> Iterator[Record]:
        ids: set[str] = set()
        try:
            for item in items:
                record = _record(path, item)
                if record.record_id in ids:
                    raise BadResponse(f"{path}: a record came twice, so others are missing")
                ids.add(record.record_id)
                yield record
        except AnswerTooLarge:
            self.api.page_size.refused()
            raise

    def _path(self, action: str) -> str:
        return RECORDS.format(app_token=self.app_token, table_id=self.table_id) + action


def _comparable(fields: Mapping[str, object]) -> frozenset[tuple[str, str]]:
    """Cells in a form that is equal for a row and its echo, in write or read shape."""
    filled = ((name, value) for name, value in fields.items() if value not in (None, ""))
    return frozenset((name, _plain(value)) for name, value in filled)


def _plain(value: object) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{Decimal(str(value)).normalize():f}"
    return plain_text(value)


def _record(path: str, item: Mapping[str, object]) -> Record:
    try:
        return from_wire(item)
    except ValueError as error:
        raise BadResponse(f"{path}: a record without a usable {error}") from None
