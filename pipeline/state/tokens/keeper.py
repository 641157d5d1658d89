"""Hands out Ocean Engine access tokens and refreshes them, one process at a time.

A refresh invalidates the old pair, so the new pair is stored in both places before use, and the call is never repeated
blindly. If its answer is lost, the present access token is used; if that is refused, the old refresh token is sent
once more; if that is dead, a person must authorize again.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import redis
import structlog

from pipeline.core.errors import (
    BadResponse,
    DeadlinePassed,
    LaikeError,
    NeedsAuthorization,
    NeedsPerson,
    Retryable,
    ServerTrouble,
    StoreUnreachable,
)
from pipeline.core.model import TokenPair
from pipeline.core.token import Attempt, Entrance, TokenStep, newer
from pipeline.state import keys
from pipeline.state.lease import Lease, hold
from pipeline.state.tokens.journal import Dead, TokenJournal
from pipeline.state.tokens.vault import Vault

REFRESH_AHEAD = timedelta(hours=1)
PATIENCE_S = 90.0  # two refresh calls of 30 s, and some
MOMENT_S = 0.1
REST = timedelta(minutes=1)  # after a failed refresh, a valid access token is used this long before the next try
BEGIN = "还没有令牌：{how}；或用 laike token import FILE 导入旧令牌。"
OTHER_APP = (
    "已有的令牌属于应用 {others}，而 LAIKE_OCEANENGINE_APP_ID 是 {ours}：请改回原来的 APP_ID；"
    "若确实换了应用，{how}（勾选全部账户）。"
)
_HOW = "请打开授权链接授权，再运行 laike token exchange '回调地址'"
_HOW_IN_CONSOLE = "请打开控制台的授权页授权"
DEAD_CODES = (40103, 40107)  # expired, used up

Turn = Callable[[], AbstractContextManager[Lease]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TokenKeeper:
    """Hands out access tokens.

    Args:
        vault: Stores the pair.
        journal: Its history.
        refresh: Refresh token, time → new pair; called by the holder of the turn only.
        turn: Lets one process at a time refresh.
        entrance: Where a person authorizes again.
    """

    vault: Vault
    journal: TokenJournal
    refresh: Callable[[str, datetime], TokenPair]
    now: Callable[[], datetime]
    turn: Turn
    entrance: Entrance
    _one_thread: threading.Lock = field(default_factory=threading.Lock)

    @property
    def link(self) -> str:
        """The page where a person authorizes again."""
        return self.entrance.link

    def current(self, ahead: timedelta = REFRESH_AHEAD) -> str:
        """A valid access token, refreshed first if it has less than `ahead` left and a refresh succeeds.

        Raises:
            NeedsPerson: There is no token, or it is expired and can no longer be refreshed.
            Retryable: It is expired, and the refresh failed for now.
        """
        pair = self.pair()
        left = pair.expires_at - self.now()
        if left > ahead or (left > timedelta(0) and self.journal.failed_since(self.now() - REST)):
            return pair.access_token
        try:
            return self.keep(ahead).access_token
        except (Retryable, BadResponse, NeedsPerson) as error:
            if pair.expires_at <= self.now():
                raise
            left_s = int((pair.expires_at - self.now()).total_seconds())
            log.warning("token_refresh_failed", left_s=left_s, error=error.message)
            return pair.access_token

    def keep(self, ahead: timedelta = REFRESH_AHEAD) -> TokenPair:
        """The pair, refreshed if its access token has less than `ahead` left.

        Raises:
            NeedsPerson: There is no token, or it can no longer be refreshed.
            Retryable, BadResponse: The refresh failed for now.
        """
        pair = self.pair()
        return pair if pair.expires_at - self.now() > ahead else self._renew(pair.access_token)

    def renew(self, refused: str) -> str:
        """Another access token than the refused one; of several callers one refreshes for all.

        Raises:
            NeedsPerson: A person must authorize again.
            Retryable, BadResponse: The refresh failed for now.
        """
        return self._renew(refused, needed=True).access_token

    def pair(self) -> TokenPair:
        """The newest pair; `NeedsPerson` if there is none, or the keys do not decrypt it."""
        pair = self.vault.pair()
        if not pair:
            raise self._none()
        return pair

    def brought(self) -> int | None:
        """The pair's authorization: the generation of the pair that a person brought; `None` without a pair."""
        try:
            pair = self.vault.pair()
        except NeedsPerson:
            return None
        return pair.brought if pair else None

    def store(self, pair: TokenPair) -> None:
        """Store a pair that a person brought; it replaces any other."""
        with self._alone():
            for other in self.vault.readable():
                pair = newer(pair, other)
            self.vault.overwrite(replace(pair, brought=pair.generation))
            self.journal.add(TokenStep.BROUGHT)

    def rotate_key(self) -> bool:
        """Encrypt the pair with the first key; whether the mirror was written, too. Raises as `pair` does."""
        with self._alone():
            return self.vault.overwrite(self.pair())

    def trouble(self) -> NeedsAuthorization | None:
        """Why a person must authorize again, if so."""
        pair = self.pair()
        if dead := self.journal.dead(pair.generation):
            return self._needs_authorization(dead)
        if pair.refresh_expires_at <= self.now():
            return self.entrance.error(f"the refresh token expired at {pair.refresh_expires_at.isoformat()}")
        return None

    def _renew(self, refused: str, *, needed: bool = False) -> TokenPair:
        """A pair with another access token than `refused`.

        Args:
            needed: The present access token is refused, so it is no alternative.
        """
        with self._alone() as lease:
            pair = self.pair()
            if pair.access_token != refused:
                return pair
            if dead := self.journal.dead(pair.generation):
                raise self._needs_authorization(dead)
            try:
                return self._ask(pair, lease)
            except (Retryable, BadResponse) as error:
                if (found := self.pair()).generation > pair.generation:
                    return found
                if not _lost(error) or not (needed or pair.expires_at <= self.now()):
                    raise
                log.warning("token_refresh_lost", error=error.message)
                return self._ask(pair, lease)  # if the first call never arrived, this one succeeds

    def _ask(self, pair: TokenPair, lease: Lease) -> TokenPair:
        """Send one refresh and store the new pair."""
        earlier = self.journal.begin(pair.generation)
        lease.ensure(MOMENT_S)  # raises if this process slept, and another may have refreshed
        try:
            answered = self.refresh(pair.refresh_token, self.now())
        except LaikeError as error:
            if error.code in DEAD_CODES:
                return self._after_refusal(pair, earlier, error)
            if not _lost(error):
                self.journal.had_no_effect()
            self.journal.add(TokenStep.FAILED, error.message)
            raise self.entrance.led(error) from None
        came = time.perf_counter()
        renewed = newer(answered, pair)
        self.vault.keep(renewed)
        unsaved_ms = round((time.perf_counter() - came) * 1000, 2)
        self.journal.add(TokenStep.REFRESHED, unsaved_ms=unsaved_ms)
        log.info("token_refreshed", expires_at=renewed.expires_at.isoformat(), unsaved_ms=unsaved_ms)
        return self.pair()

    def _after_refusal(self, pair: TokenPair, earlier: Attempt | None, error: LaikeError) -> TokenPair:
        """A newer pair if another process stored one meanwhile; else record why the refresh token is dead."""
        if (found := self.pair()).generation > pair.generation:
            return found
        why, cause = _cause_of_death(pair, earlier, error)
        dead = Dead(
            generation=pair.generation,
            message=f"the refresh token is dead (code {error.code}): {why}",
            cause=cause,
            code=error.code,
            request_id=error.request_id,
        )
        self.journal.died(dead)
        log.error("token_dead", reason=dead.message)
        raise self._needs_authorization(dead) from None

    def _none(self) -> NeedsAuthorization:
        how = _HOW_IN_CONSOLE if self.entrance.console else _HOW
        ours, others = self.vault.app_id, {pair.app_id for pair in self.vault.readable()}
        if not others:
            cure = f"尚未完成授权；{self.entrance.cure}"
            return NeedsAuthorization(
                "there is no Ocean Engine token",
                link=self.link,
                what_to_do=cure,
                for_maintainer=BEGIN.format(how=how),
            )
        told = ", ".join(sorted(others))
        msg = f"the token belongs to app {told}, and LAIKE_OCEANENGINE_APP_ID is {ours}"
        cure = "现有授权不属于当前应用，请联系维护人员核对；若确实换了应用，请重新授权并勾选全部账户。"
        return NeedsAuthorization(
            msg, link=self.link, what_to_do=cure, for_maintainer=OTHER_APP.format(others=told, ours=ours, how=how)
        )

    def _needs_authorization(self, dead: Dead) -> NeedsAuthorization:
        return self.entrance.error(dead.message, dead.cause, dead.code, dead.request_id)

    @contextmanager
    def _alone(self) -> Iterator[Lease]:
        try:
            with self._one_thread, self.turn() as lease:
                yield lease
        except DeadlinePassed:
            raise Retryable(f"another process has been refreshing the token for {PATIENCE_S:.0f} s") from None


def _cause_of_death(pair: TokenPair, earlier: Attempt | None, error: LaikeError) -> tuple[str, str]:
    """Why a refresh token is dead, in English and in Chinese."""
    if earlier:
        sent = f"the answer to the refresh that {earlier.by} sent at {earlier.at.isoformat()} was lost"
        return sent, "上次更新授权时网络中断，新授权未能保存"
    if error.code == DEAD_CODES[0]:
        return f"nobody refreshed it by {pair.refresh_expires_at.isoformat()}", "授权已过期"
    somebody = "somebody else used it: does the old script, or another installation, still run?"
    return somebody, "授权已被其他程序占用而失效（旧脚本可能仍在运行，请先停掉）"


def _lost(error: LaikeError) -> bool:
    """Whether the service may have issued a new pair that never arrived."""
    return isinstance(error, BadResponse | ServerTrouble) or (isinstance(error, Retryable) and error.effect_possible)


def turns(client: redis.Redis, seconds: float, file: Path | None = None) -> Turn:
    """Turns at refreshing: by a lease in Redis, and by a lock file if Redis is private.

    Args:
        seconds: Until the lease of a dead holder expires.
        file: The lock file, for a process without shared Redis.
    """

    @contextmanager
    def turn() -> Iterator[Lease]:
        end = time.monotonic() + PATIENCE_S
        with _locked(file), hold(client, keys.TOKEN_LOCK, lambda: end - time.monotonic(), seconds) as lease:
            yield lease

    return turn


def _locked(file: Path | None) -> AbstractContextManager[object]:
    if not file:
        return nullcontext()
    import filelock  # noqa: PLC0415 with Redis, nothing needs it

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(file).acquire(timeout=PATIENCE_S)
    except (OSError, filelock.Timeout) as error:
        raise StoreUnreachable(f"{file} cannot be locked ({type(error).__name__})") from None
