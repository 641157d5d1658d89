"""One Bitable base: its tables, views and records."""

from dataclasses import dataclass

from pipeline.clients.feishu.api import Feishu
from pipeline.clients.feishu.records import Records
from pipeline.clients.feishu.tables import Tables
from pipeline.clients.feishu.views import Views


@dataclass(frozen=True, slots=True)
class Base:
    """A Bitable base and the table in it that we fill."""

    api: Feishu
    app_token: str
    table_id: str

    @property
    def tables(self) -> Tables:
        """Tables and fields."""
        return Tables(self.api, self.app_token)

    @property
    def views(self) -> Views:
        """The table's views."""
        return Views(self.api, self.app_token, self.table_id)

    def records(self, table_id: str | None = None) -> Records:
        """The records of our table, or of another one in the base."""
        return Records(self.api, self.app_token, table_id or self.table_id)
