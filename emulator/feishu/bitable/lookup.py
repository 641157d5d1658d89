"""Find what the ids of a path name, or refuse as documented."""

from emulator.feishu.bitable.model import Base, Table, View
from emulator.feishu.envelope import NOT_FOUND, refused
from emulator.feishu.state import Feishu
from emulator.feishu.wiki import nodes
from emulator.shared.wire import HTTP_BAD_REQUEST, HTTP_OK, Call


def base_of(feishu: Feishu, call: Call, *, real_statuses: bool = False) -> Base:
    """The base of a path. A wiki node's token names no base."""
    token = call.params["app_token"]
    if token in feishu.bases:
        return feishu.bases[token]
    if token in nodes(feishu):
        raise refused(1254003, status=HTTP_BAD_REQUEST if real_statuses else HTTP_OK)
    raise refused(1254040, status=NOT_FOUND if real_statuses else HTTP_OK)


def table_of(feishu: Feishu, call: Call, *, real_statuses: bool = False) -> Table:
    """The table of a path. View endpoints answer with `real_statuses`, the others with HTTP 200."""
    base = base_of(feishu, call, real_statuses=real_statuses)
    table_id = call.params["table_id"]
    table = base.tables.get(table_id)
    if table is not None and not table.hidden_calls:
        return table
    if table is not None:
        table.hidden_calls -= 1
    if table_id.startswith("tbl"):
        raise refused(1254041, status=NOT_FOUND if real_statuses else HTTP_OK)
    raise refused(1254004, status=HTTP_BAD_REQUEST if real_statuses else HTTP_OK)


def view_of(table: Table, view_id: str, *, real_statuses: bool = False) -> View:
    """A view of a table."""
    if view_id in table.views:
        return table.views[view_id]
    if view_id.startswith("vew"):
        raise refused(1254042, status=NOT_FOUND if real_statuses else HTTP_OK)
    raise refused(1254005, status=HTTP_BAD_REQUEST if real_statuses else HTTP_OK)
