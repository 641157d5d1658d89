"""The address of a base, or of a table in it, as copied from a browser."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_PAGE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/(base|wiki)/[A-Za-z0-9_-]+/?")  # no user, no password
_TABLE = re.compile(r"tbl[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseAddress:
    """What an address says.

    Attributes:
        page: The address without query.
        app_token: The token of the base, or of its page in a wiki.
        table_id: The table that it shows; empty: none.
    """

    page: str
    app_token: str
    table_id: str

    @property
    def of_a_table(self) -> bool:
        """Whether it is the plain address of a table: nothing else stands in it, and it may be shown."""
        return bool(_PAGE.fullmatch(self.page) and _TABLE.fullmatch(self.table_id))


def read_address(text: str) -> BaseAddress | None:
    """What an address `https://…/base/…` or `…/wiki/…` says; `None`: it is none of a base."""
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket in the host
        return None
    _, kind, token, *_ = [*parts.path.split("/"), "", "", ""]
    if kind not in ("base", "wiki") or not parts.netloc:
        return None
    table = next((one for one in parse_qs(parts.query).get("table", []) if one.startswith("tbl")), "")
    page = text.partition("#")[0].partition("?")[0].rstrip("/")
    return BaseAddress(page=page, app_token=token, table_id=table)
