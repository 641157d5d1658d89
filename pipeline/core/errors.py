"""Every error that the product foresees, and what a person does about each.

    LaikeError
    ├── Retryable            the same call may succeed later
    │   ├── Throttled        the service asked us to slow down
    │   ├── ServerTrouble    the service failed
    │   ├── NotFoundYet      a base, table, view or field does not exist, or not yet
    │   └── TransportTrouble no answer, or one that is not the service's
    ├── TokenExpired         refresh once, repeat once
    ├── NeedsPerson          a person must act: stop everything and tell
    │   ├── NeedsAuthorization   the token is dead: a person must authorize again
    │   ├── HistoryUnclear       it is unclear which table an older release loaded
    │   ├── TableUnseen      rows we wrote cannot be read: write nothing
    │   └── TablesDisagree   数据表清单 says other than we remember of our tables: write nothing
    ├── AccountUnavailable   this account only
    ├── TableMismatch        the table's columns are not what we write: stop before writing
    │   └── ColumnVanished   a column was deleted or renamed since we listed it: list the fields again
    ├── TableFull            the rows do not fit: stop before writing
    ├── RowVanished          a row was deleted between reading and writing: read again
    ├── RowRefused           one row makes the service refuse the batch: find it, write the others
    ├── BatchTooLarge        too many rows for one call: send fewer
    ├── BadRequest           our bug
    ├── BadResponse          does not parse, lacks a promised field, repeats a page
    ├── Disagreement         the table, read back, differs from what was written
    ├── DeadlinePassed       the run's time is up
    ├── Busy                 another process runs this step: come back later
    ├── StoreUnreachable     Redis is out of reach
    ├── WrongRelease         another release uses this Redis
    │   └── NewerState           a newer release wrote a form that this one does not know
    ├── NoWorker             no worker is running
    └── WrongInput           a person asked for something impossible

Exceptions stay inside one process; a `Trouble` is what crosses tasks, the ledger and cards.
"""

from typing import ClassVar

from pipeline.core.causes import cure_of, maintenance_of
from pipeline.core.trouble import ID_MOST, MESSAGE_MOST, fit
from pipeline.core.trouble import Trouble as Trouble  # noqa: PLC0414 told with the errors that it is made of


class LaikeError(Exception):
    """Base of all our errors.

    Args:
        message: English, for the engineer; secrets are removed, and 20,000 characters kept.
        reason: The cause, a key of `CAUSES`; the class's own when omitted.
        what_to_do: One Chinese sentence for the card; the cause's own when omitted.
        for_maintainer: The same for the terminal, where it is something else; else the cause's own.
        code: The service's error code, if the service said one.
        request_id: The service's id of the request, if there was an answer.
    """

    effect_possible: bool = False  # a write may have been carried out although no answer says so
    reason: str = "failed"
    needs_person: ClassVar[bool] = False
    link: str | None = None

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        what_to_do: str | None = None,
        for_maintainer: str | None = None,
        code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        self.message = fit(message, MESSAGE_MOST)
        super().__init__(self.message)
        self.reason = reason or self.reason
        self.what_to_do = what_to_do or cure_of(self.reason)
        self.for_maintainer = for_maintainer or what_to_do or maintenance_of(self.reason)
        self.code = code if type(code) is int else None  # as an answer has it, and so the id
        self.request_id = fit(request_id, ID_MOST) if isinstance(request_id, str) else None

    def add(self, words: str) -> None:
        """Add what the caller knows, such as how long it was tried."""
        self.message = fit(f"{self.message} ({words})", MESSAGE_MOST)
        self.args = (self.message,)

    def trouble(self) -> Trouble:
        """The part of this error that may leave the process."""
        return Trouble(
            reason=self.reason,
            message=self.message,
            what_to_do=self.what_to_do,
            code=self.code,
            request_id=self.request_id,
            needs_person=self.needs_person,
            link=self.link,
            for_maintainer=self.for_maintainer if self.for_maintainer != self.what_to_do else None,
        )


class Retryable(LaikeError):
    """The same call may succeed later; `retry_after`: seconds that the service asked us to wait, if it said so."""

    reason = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        effect_possible: bool = False,
        reason: str | None = None,
        code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, reason=reason, code=code, request_id=request_id)
        self.retry_after = retry_after
        self.effect_possible = effect_possible


class Throttled(Retryable):
    """The service asked us to slow down; nothing was done."""

    reason = "throttled"


class ServerTrouble(Retryable):
    """The service failed on its side."""

    reason = "server_trouble"


class NotFoundYet(Retryable):
    """Something does not exist; what was just created may take seconds to appear."""

    reason = "not_found"


class TransportTrouble(Retryable):
    """No answer came, or one that is not the service's."""

    reason = "unreachable"


class TokenExpired(LaikeError):
    """The token is no longer accepted: refresh once and repeat once."""

    reason = "token_expired"


class NeedsPerson(LaikeError):
    """Nothing works before somebody re-authorizes or grants a permission."""

    reason = "needs_person"
    needs_person = True


class NeedsAuthorization(NeedsPerson):
    """The token is dead: only a new authorization by a person brings another one.

    Args:
        link: The page to authorize on.
    """

    reason = "needs_authorization"

    def __init__(
        self,
        message: str,
        *,
        link: str | None = None,
        what_to_do: str | None = None,
        for_maintainer: str | None = None,
        code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            message, what_to_do=what_to_do, for_maintainer=for_maintainer, code=code, request_id=request_id
        )
        self.link = link


class AccountUnavailable(LaikeError):
    """This account cannot be read; the others can."""

    reason = "account_unavailable"


class TableMismatch(LaikeError):
    """The table's columns are not what we write; nothing was written."""

    reason = "table_mismatch"


class ColumnVanished(TableMismatch):
    """A column was deleted or renamed since we listed it; nothing was read or written."""

    reason = "column_vanished"


class HistoryUnclear(NeedsPerson):
    """It is unclear which table the records of an older release are about."""

    reason = "history_unclear"


class TableUnseen(NeedsPerson):
    """Rows we wrote cannot be read; nothing is written until doctor sees them or a person resumes loading."""

    reason = "table_unseen"


class TablesDisagree(NeedsPerson):
    """数据表清单 disagrees with what is remembered, or one of its tables is gone; nothing is written."""

    reason = "tables_disagree"


class TableFull(LaikeError):
    """The rows do not fit into the table; nothing was written."""

    reason = "table_full"
    needs_person = True


class RowVanished(LaikeError):
    """A row was deleted after it was read: read again."""

    reason = "row_vanished"


class RowRefused(LaikeError):
    """A column does not take the value of a row; nothing of the batch was written."""

    reason = "row_refused"


class BatchTooLarge(LaikeError):
    """Too many rows for one call; none was written."""

    reason = "batch_too_large"


class BadRequest(LaikeError):
    """The service refused a request as wrong: a bug of ours."""

    reason = "bad_request"


class BadResponse(LaikeError):
    """An answer does not parse, lacks a promised field, or contradicts itself; its write may have been carried out."""

    effect_possible = True
    reason = "bad_response"


class Disagreement(LaikeError):
    """The table, read back, differs from what was written."""

    reason = "disagreement"


class DeadlinePassed(LaikeError):
    """The run's time was up before this could start."""

    reason = "deadline"


class Busy(LaikeError):
    """Another process runs this step, or took it over: come back later for its outcome."""

    reason = "busy"


class StoreUnreachable(LaikeError):
    """Redis is out of reach or refuses us."""

    reason = "redis_unreachable"


class WrongRelease(LaikeError):
    """Another release uses this Redis: nothing is changed."""

    reason = "wrong_release"


class NewerState(WrongRelease):
    """A newer release wrote a form that this one does not know."""

    reason = "newer_state"


class NoWorker(LaikeError):
    """No worker is running."""

    reason = "no_worker"


class WrongInput(LaikeError):
    """A person asked for something impossible: wrong usage or settings."""

    reason = "wrong_input"
