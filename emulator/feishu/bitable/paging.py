"""Lists by page, with opaque tokens that fit one list only."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

from emulator.feishu.envelope import refused
from emulator.shared.wire import HTTP_OK

T = TypeVar("T")


def page(
    items: Sequence[T], size: int, token: str, scope: str, *, status: int = HTTP_OK
) -> tuple[Sequence[T], dict[str, Any]]:
    """A page and its keys. `scope` names the list; the last page has no `page_token`."""
    first = _first(token, scope, status) if token else 0
    after = first + size
    frame: dict[str, Any] = {"has_more": after < len(items), "total": len(items)}
    if frame["has_more"]:
        frame["page_token"] = _token(after, scope)
    return items[first:after], frame


def _token(first: int, scope: str) -> str:
    mark = hashlib.sha256(scope.encode()).hexdigest()[:12]
    return base64.urlsafe_b64encode(f"{mark}.{first}".encode()).decode().rstrip("=")


def _first(token: str, scope: str, status: int) -> int:
    try:
        first = int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split(".")[1])
    except (ValueError, IndexError) as problem:
        raise refused(1254002, "page_token", status=status) from problem
    if _token(first, scope) != token:
        raise refused(1254002, "page_token", status=status)
    return first
