"""Every error that the product foresees, and what a person does about each.

    LaikeError
    ├── Retryable            the same call may succeed later
    │   ├── Throttled        the service asked us to slow down
    │   ├── ServerTrouble    the service failed
    │   ├── NotFoundYet      a base, table, view or field is not there, or not there yet
    │   └── TransportTrouble no answer, or an answer that is not one
    ├── TokenExpired         refresh once, repeat once
    ├── NeedsPerson          grant a permission, bring a key: stop all, tell
    │   ├── NeedsAuthorization   the token is dead: a person must authorize again, by a link
    │   ├── HistoryUnclear       nobody knows which table an older release had loaded
    │   └── TableUnseen      rows that must be there cannot be read: write nothing
    ├── AccountUnavailable   this account only
    ├── TableMismatch        the table's columns are not what we write: stop before writing
    │   └── ColumnVanished   a column that we had listed has gone or has another name: list the fields again
    ├── TableFull            the rows do not fit: stop before writing
    ├── RowVanished          a row went away between reading and writing: read again
    ├── RowRefused           a row of a batch cannot be taken, and so none was: find it, write the others
    ├── BatchTooLarge        more rows at once than the service takes: send fewer
    ├── BadRequest           our bug
    ├── BadResponse          does not parse, lacks a promised field, repeats a page
    ├── Disagreement         the table, read back, is not what was written
    ├── DeadlinePassed       the run's time is up
    ├── Busy                 somebody else is at this step: come back later
    ├── StoreUnreachable     Redis is out of reach
    ├── WrongRelease         another release works with what lies in Redis
    │   └── NewerState           a newer one wrote it, in a form that this one would have to guess
    ├── NoWorker             nobody is there to carry a run out
    └── WrongInput           a person asked for something that cannot be

Exceptions stay inside one process; a `Trouble` is what crosses tasks, the ledger and cards.
"""

from typing import ClassVar

from pipeline.core.causes import cure_of, maintenance_of
from pipeline.core.trouble import ID_MOST, MESSAGE_MOST, fit
from pipeline.core.trouble import Trouble as Trouble  # noqa: PLC0414 told with the errors that it is made of


class LaikeError(Exception):
    """Base of all our errors.

    Args:
        message: English, for the engineer; a secret that is held is taken out of it, and 20,000 characters are kept.
        reason: The cause, a key of `CAUSES`; the class's own when omitted.
        what_to_do: One Chinese sentence for the card; the cause's own when omitted.
        for_maintainer: The same for the terminal, where it is something else; else the cause's own.
        code: The service's error code, if the service said one.
        request_id: The service's id of the request, if there was an answer.
    """

    effect_possible: bool = False  # a write may have been carried out although we were not told
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
        """Add what is known further up, such as how long it was tried."""
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
    """The same call may succeed later.

    Attributes:
        retry_after: Seconds that the service asked us to wait, if it said so.
    """

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
    """What was named does not exist; just created things may take seconds to appear."""

    reason = "not_found"


class TransportTrouble(Retryable):
    """No answer came, or one that is not an answer of the service."""

    reason = "unreachable"


class TokenExpired(LaikeError):
    """The token is no longer accepted: refresh once and repeat once."""

    reason = "token_expired"


class NeedsPerson(LaikeError):
    """Nothing works before somebody re-authorizes or grants a permission."""

    reason = "needs_person"
    needs_person = True


class NeedsAuthorization(NeedsPerson):
    """The token is dead, and only a person's new authorization brings another one.

    Args:
        link: The page where it is given; the callback address then goes to `laike token exchange`.
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
    """A column that we had listed is not there under its name any more; nothing was read or written."""

    reason = "column_vanished"


class HistoryUnclear(NeedsPerson):
    """Nobody knows which table it is that an older release remembered to be loaded."""

    reason = "history_unclear"


class TableUnseen(NeedsPerson):
    """Rows that must be in the table cannot be read; nothing is written before doctor or a person says so."""

    reason = "table_unseen"


class TableFull(LaikeError):
    """The rows do not fit into the table; nothing was written."""

    reason = "table_full"
    needs_person = True


class RowVanished(LaikeError):
    """A row or field that we had read is gone: read again."""

    reason = "row_vanished"


class RowRefused(LaikeError):
    """A row of a batch holds something that its column does not take; nothing of the batch was written."""

    reason = "row_refused"


class BatchTooLarge(LaikeError):
    """More rows at once than the service takes; none was written."""

    reason = "batch_too_large"


class BadRequest(LaikeError):
    """The service refused a request as wrong: a bug of ours."""

    reason = "bad_request"


class BadResponse(LaikeError):
    """An answer does not parse, lacks a promised field, or contradicts itself; a write that it answers may be done."""

    effect_possible = True
    reason = "bad_response"


class Disagreement(LaikeError):
    """The table, read back, does not hold what was written."""

    reason = "disagreement"


class DeadlinePassed(LaikeError):
    """The run's time was up before this could start."""

    reason = "deadline"


class Busy(LaikeError):
    """A living process is at this step, or took it over from us: come back later for its outcome."""

    reason = "busy"


class StoreUnreachable(LaikeError):
    """Redis is out of reach or refuses us."""

    reason = "redis_unreachable"


class WrongRelease(LaikeError):
    """Another release works with what lies in Redis: nothing is touched."""

    reason = "wrong_release"


class NewerState(WrongRelease):
    """A newer release wrote it, in a form that this one would have to guess."""

    reason = "newer_state"


class NoWorker(LaikeError):
    """Nobody is there to carry a run out."""

    reason = "no_worker"


class WrongInput(LaikeError):
    """A person asked for something that cannot be: wrong usage or settings."""

    reason = "wrong_input"
