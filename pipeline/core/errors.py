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
    ├── NoWorker             nobody is there to carry a run out
    └── WrongInput           a person asked for something that cannot be

Exceptions stay inside one process; a `Trouble` is what crosses tasks, the ledger and cards.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is told of an error: small, without secrets, fit for JSON."""

    reason: str  # a stable word, such as `account_unavailable`
    message: str  # English, for the engineer; carries the service's own words
    what_to_do: str  # Chinese, one sentence, for the operator
    code: int | None = None  # the service's error code
    request_id: str | None = None  # what the service's support asks for
    needs_person: bool = False  # nothing heals before somebody acts
    link: str | None = None  # where that somebody begins


class LaikeError(Exception):
    """Base of all our errors.

    Args:
        message: English, for the engineer.
        what_to_do: One Chinese sentence for the card; the class's own when omitted.
        code: The service's error code, if the service said one.
        request_id: The service's id of the request, if there was an answer.
    """

    effect_possible: bool = False  # a write may have been carried out although we were not told
    reason: ClassVar[str] = "failed"
    advice: ClassVar[str] = "请联系负责同步的工程师。"
    needs_person: ClassVar[bool] = False
    link: str | None = None

    def __init__(
        self,
        message: str,
        *,
        what_to_do: str | None = None,
        code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.what_to_do = what_to_do or self.advice
        self.code = code
        self.request_id = request_id

    def add(self, words: str) -> None:
        """Add what is known further up, such as how long it was tried."""
        self.message = f"{self.message} ({words})"
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
        )


class Retryable(LaikeError):
    """The same call may succeed later.

    Attributes:
        retry_after: Seconds that the service asked us to wait, if it said so.
    """

    reason = "unavailable"
    advice = "对方服务暂时不可用, 系统会自动重试。"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        effect_possible: bool = False,
        code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after = retry_after
        self.effect_possible = effect_possible


class Throttled(Retryable):
    """The service asked us to slow down; nothing was done."""

    reason = "throttled"
    advice = "接口调用过于频繁, 系统会自动放慢并重试。"


class ServerTrouble(Retryable):
    """The service failed on its side."""

    reason = "server_trouble"


class NotFoundYet(Retryable):
    """What was named does not exist; just created things may take seconds to appear."""

    reason = "not_found"
    advice = "请检查 app_token 和 table_id 是否正确, 以及应用是否已添加到该多维表格。"


class TransportTrouble(Retryable):
    """No answer came, or one that is not an answer of the service."""

    reason = "unreachable"
    advice = "网络不通或对方无响应, 系统会自动重试; 若持续出现, 请检查服务器网络。"


class TokenExpired(LaikeError):
    """The token is no longer accepted: refresh once and repeat once."""

    reason = "token_expired"
    advice = "令牌已失效, 系统会自动刷新。"


class NeedsPerson(LaikeError):
    """Nothing works before somebody re-authorizes or grants a permission."""

    reason = "needs_person"
    advice = "需要人工处理: 请重新授权或补充权限。"
    needs_person = True


class NeedsAuthorization(NeedsPerson):
    """The token is dead, and only a person's new authorization brings another one.

    Args:
        link: The page where it is given; the callback address then goes to `laike token exchange`.
    """

    reason = "needs_authorization"
    advice = "巨量引擎授权已失效: 请打开授权链接重新授权 (勾选全部账户), 再运行 laike token exchange '回调地址'。"

    def __init__(
        self,
        message: str,
        *,
        link: str | None = None,
        what_to_do: str | None = None,
        code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, what_to_do=what_to_do, code=code, request_id=request_id)
        self.link = link


class AccountUnavailable(LaikeError):
    """This account cannot be read; the others can."""

    reason = "account_unavailable"
    advice = "请在巨量引擎检查该账户的状态和授权。"


class TableMismatch(LaikeError):
    """The table's columns are not what we write; nothing was written."""

    reason = "table_mismatch"
    advice = "请按提示修改多维表格的列。"


class ColumnVanished(TableMismatch):
    """A column that we had listed is not there under its name any more; nothing was read or written."""

    reason = "column_vanished"


class TableUnseen(NeedsPerson):
    """Rows that must be in the table cannot be read; nothing is written before doctor or a person says so."""

    reason = "table_unseen"
    advice = (
        "已写入的数据读不出来, 可能失去了权限, 已停止写入: 请确认应用对多维表格有「可管理」权限, 再运行 laike doctor"
        " (表格确实被清空时加 --unblock)。"
    )


class TableFull(LaikeError):
    """The rows do not fit into the table; nothing was written."""

    reason = "table_full"
    advice = "表格已满: 请归档旧数据或换一张新表。"
    needs_person = True


class RowVanished(LaikeError):
    """A row or field that we had read is gone: read again."""

    reason = "row_vanished"
    advice = "表格在写入时被改动, 系统会重新读取。"


class RowRefused(LaikeError):
    """A row of a batch holds something that its column does not take; nothing of the batch was written."""

    reason = "row_refused"
    advice = "飞书拒绝写入部分行, 请检查列的类型。"


class BatchTooLarge(LaikeError):
    """More rows at once than the service takes; none was written."""

    reason = "batch_too_large"
    advice = "单次写入的行数过多, 系统会自动减少。"


class BadRequest(LaikeError):
    """The service refused a request as wrong: a bug of ours."""

    reason = "bad_request"
    advice = "这是同步程序的错误, 请把这条信息交给工程师。"


class BadResponse(LaikeError):
    """An answer does not parse, lacks a promised field, or contradicts itself; a write that it answers may be done."""

    effect_possible = True
    reason = "bad_response"
    advice = "接口返回的数据不完整, 未写入; 系统会稍后重试。"


class Disagreement(LaikeError):
    """The table, read back, does not hold what was written."""

    reason = "disagreement"
    advice = "表格与数据源不一致, 系统会在下次运行时修正; 请暂勿使用该日数据。"


class DeadlinePassed(LaikeError):
    """The run's time was up before this could start."""

    reason = "deadline"
    advice = "本次运行超时, 未取到的数据会由下次运行补齐。"


class Busy(LaikeError):
    """A living process is at this step, or took it over from us: come back later for its outcome."""

    reason = "busy"
    advice = "该步骤正在进行, 请稍候。"


class StoreUnreachable(LaikeError):
    """Redis is out of reach or refuses us."""

    reason = "redis_unreachable"
    advice = "Redis 无法连接, 请检查服务。"


class NoWorker(LaikeError):
    """Nobody is there to carry a run out."""

    reason = "no_worker"
    advice = "没有正在运行的 worker: 请先启动, 或加 --local 在本进程运行。"


class WrongInput(LaikeError):
    """A person asked for something that cannot be: wrong usage or settings."""

    reason = "wrong_input"
    advice = "请检查命令或设置。"
