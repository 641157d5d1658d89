"""Check what the Feishu app may do: ask each endpoint once, report all that is denied together.

Writes are tried with requests that cannot change anything: an update of a record and of a view that do not exist,
a deletion of that record, and a creation of no record. Permission is checked before that, so the refusal tells which
of both it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pipeline.clients.feishu.base import Base
from pipeline.clients.retry import RetryPolicy
from pipeline.context import Context
from pipeline.core.errors import (
    BadRequest,
    BadResponse,
    DeadlinePassed,
    LaikeError,
    NeedsPerson,
    NotFoundYet,
    Retryable,
    RowVanished,
)
from pipeline.steps.doctor.findings import Finding, broken, ok, skipped
from pipeline.steps.table.create import client_token

T = TypeVar("T")
SCOPE_CODES = (99991672, 99991676, 99991679)
DOCUMENT_CODES = (91403, 1254302, 1254304)
WAIT_FOR_WRITER_S = 5.0
ONE_SEND = RetryPolicy(attempts=1, blind=False)
NO_RECORD, NO_VIEW, NO_FIELD = "recLaikeDoctor", "vewLaikeDoctor", "fldLaikeDoctor"
CHECKS = ("feishu.permissions", "feishu.document", "feishu.writing")
_SCOPES = "请在飞书开放平台该应用的「权限管理」开通 {scopes}，然后在「版本管理与发布」创建版本并发布（需管理员审核）。"
_DOCUMENT = (
    "请打开多维表格，在「…」→「…更多」→「添加文档应用」中选择该应用并给「可编辑」权限（开启了高级权限时给「可管理」）。"
)


@dataclass
class Rights:
    """The permissions that were denied so far."""

    scopes: dict[str, LaikeError] = field(default_factory=dict)
    document: LaikeError | None = None
    untried: str = "the table cannot be reached, or Redis"  # why writes were not tried

    def ask(self, scope: str, call: Callable[[], T]) -> T | None:
        """Make a call; return its answer, or `None` if it is denied. Other errors are raised."""
        try:
            return call()
        except NeedsPerson as error:
            if error.code in SCOPE_CODES:
                self.scopes[scope] = error
            elif error.code in DOCUMENT_CODES:
                self.document = error
            else:
                raise
        return None

    def findings(self) -> list[Finding]:
        """Say what is denied, and whether writes are permitted."""
        return [self._permissions(), self._document(), self._writing()]

    def _permissions(self) -> Finding:
        if not self.scopes:
            return ok(CHECKS[0], "every endpoint that was asked is permitted")
        scopes = ", ".join(sorted(self.scopes))
        says = f"denied: {scopes}: {next(iter(self.scopes.values())).message}"
        return broken(CHECKS[0], says, _SCOPES.format(scopes=scopes))

    def _document(self) -> Finding:
        if self.document:
            return broken(CHECKS[1], self.document.message, _DOCUMENT)
        return ok(CHECKS[1], "the app may use this base")

    def _writing(self) -> Finding:
        if self.untried:
            return skipped(CHECKS[2:], self.untried)[0]
        return ok(CHECKS[2], "tried with requests that change nothing")


def try_writes(ctx: Context, base: Base, rights: Rights) -> None:
    """Find out whether records and views may be written, under the base's writer lock."""
    try:
        with ctx.writing(WAIT_FOR_WRITER_S) as ours:
            api = replace(base.api, before_write=ours.api.before_write, writes=ONE_SEND)
            _try_all(replace(base, api=api), rights)
        rights.untried = ""
    except DeadlinePassed:
        rights.untried = "a run is writing just now"
    except Retryable as error:
        rights.untried = error.message


def _try_all(base: Base, rights: Rights) -> None:
    records, token = base.records(), client_token("laike doctor", 0)
    calls: dict[str, Callable[[], object]] = {
        "base:record:update": lambda: records.batch_update([(NO_RECORD, {})]),
        "base:record:create": lambda: records.batch_create([], token),
        "base:record:delete": lambda: records.batch_delete([NO_RECORD]),
        "base:view:write_only": lambda: base.views.filter_on(NO_VIEW, NO_FIELD, "[]"),
    }
    for scope, call in calls.items():
        rights.ask(scope, lambda call=call: _must_be_refused(call))  # type: ignore[misc]


def _must_be_refused(call: Callable[[], object]) -> None:
    try:
        call()
    except (RowVanished, NotFoundYet, BadRequest, BadResponse):
        return  # refused for what was asked, not for who asked
