"""The Ocean Engine token pair: kept encrypted in Redis and in a mirror file, refreshed by one at a time.

A refresh kills the old pair, so the new one is written to both places before anybody uses it. Of two pairs the one
of the newer generation counts, wherever it lies.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import redis
import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.lock import Lock

from pipeline.core.errors import NeedsPerson, Retryable, WrongInput
from pipeline.core.model import CHINA, TokenPair
from pipeline.state import codec, keys

REFRESH_AHEAD = timedelta(hours=1)
ACCESS_LIFE = timedelta(days=1)
LOCK_S = 60  # longer than the refresh call's time-out of 30 s
IMPORT_FIRST = "请先导入令牌: laike token import FILE。"

log = structlog.get_logger()


class TokenKeeper:
    """Hands out access tokens.

    Args:
        client: Redis.
        fernet_keys: Newest first; the first encrypts, all decrypt.
        mirror: The file that holds the same pair, in case Redis is lost.
        refresh: A refresh token and the time → the new pair; called by one holder of the lock at a time.
        now: The clock.
    """

    def __init__(
        self,
        client: redis.Redis,
        fernet_keys: Sequence[str],
        mirror: Path,
        refresh: Callable[[str, datetime], TokenPair],
        now: Callable[[], datetime],
    ) -> None:
        self._client, self._mirror, self._refresh, self._now = client, mirror, refresh, now
        self._fernet = MultiFernet([Fernet(key) for key in fernet_keys])

    def current(self, ahead: timedelta = REFRESH_AHEAD) -> str:
        """An access token to use now; one that has less than `ahead` left is refreshed first.

        Raises:
            NeedsPerson: There is no token, or it cannot be refreshed any more.
        """
        pair = self.pair()
        if pair.expires_at - self._now() > ahead:
            return pair.access_token
        try:
            return self._renew(pair.access_token).access_token
        except Retryable:
            if pair.expires_at <= self._now():
                raise
            log.warning("token_refresh_failed", left_s=int((pair.expires_at - self._now()).total_seconds()))
            return pair.access_token

    def renew(self, refused: str) -> str:
        """Another access token, after the service refused one; whoever comes second gets the first one's."""
        return self._renew(refused).access_token

    def pair(self) -> TokenPair:
        """The newest pair of Redis and the mirror.

        Raises:
            NeedsPerson: There is none, or the keys do not open it.
        """
        stored, mirrored = self._open(self._stored(), "Redis"), self._open(self._mirrored(), str(self._mirror))
        pairs = [pair for pair in (stored, mirrored) if pair]
        if not pairs:
            raise NeedsPerson("there is no Ocean Engine token", what_to_do=IMPORT_FIRST)
        return max(pairs, key=lambda pair: pair.generation)

    def store(self, pair: TokenPair) -> None:
        """Keep a pair that a person brought: it counts from now on, whatever was there."""
        with self._lock():
            known = [one for one in (self._open_quietly(self._stored()), self._open_quietly(self._mirrored())) if one]
            for other in known:
                pair = _newer(pair, other)
            self._persist(pair)

    def _renew(self, refused: str) -> TokenPair:
        with self._lock():
            pair = self.pair()
            if pair.access_token != refused:
                return pair
            renewed = _newer(self._refresh(pair.refresh_token, self._now()), pair)
            self._persist(renewed)
            log.info("token_refreshed", expires_at=renewed.expires_at.isoformat())
            return renewed

    def _lock(self) -> Lock:
        lock: Lock = self._client.lock(keys.TOKEN_LOCK, timeout=LOCK_S, sleep=0.02, blocking_timeout=LOCK_S)
        return lock

    def _persist(self, pair: TokenPair) -> None:
        sealed = self._fernet.encrypt(codec.dump(pair, TokenPair))
        try:
            _replace(self._mirror, sealed)
        except OSError as error:  # a full disk: the old pair is dead by now, and Redis can still keep the new one
            log.error("token_not_mirrored", file=str(self._mirror), error=error.strerror)
        self._client.set(keys.TOKEN, sealed)

    def _stored(self) -> bytes | None:
        data = self._client.get(keys.TOKEN)
        return data if isinstance(data, bytes) else None

    def _mirrored(self) -> bytes | None:
        try:
            return self._mirror.read_bytes()
        except FileNotFoundError:
            return None

    def _open_quietly(self, sealed: bytes | None) -> TokenPair | None:
        try:
            return self._open(sealed, "the store")
        except NeedsPerson:
            return None  # a pair under a lost key counts for nothing any more

    def _open(self, sealed: bytes | None, where: str) -> TokenPair | None:
        if sealed is None:
            return None
        try:
            return codec.load(TokenPair, self._fernet.decrypt(sealed))
        except InvalidToken:
            msg = f"LAIKE_TOKEN_KEYS does not open the token in {where}: was the key changed?"
            raise NeedsPerson(msg, what_to_do="请把原来的密钥加回 LAIKE_TOKEN_KEYS, 或重新导入令牌。") from None


def _newer(pair: TokenPair, than: TokenPair) -> TokenPair:
    return replace(pair, generation=max(pair.generation, than.generation + 1))


class _OldCache(BaseModel):
    model_config = ConfigDict(strict=True)

    access_token: str = Field(min_length=1)
    refresh_token: str = Field(min_length=1)
    expires_at: datetime
    refresh_expires_at: datetime


def read_old_cache(path: Path) -> TokenPair:
    """The pair in the old script's `.token_cache.json`; its times are local ones of China.

    Raises:
        WrongInput: The file is not there, or not such a file.
    """
    try:
        cache = _OldCache.model_validate_json(path.read_bytes())
    except OSError as error:
        raise WrongInput(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError:  # its words quote the file, tokens and all
        wanted = "access_token, refresh_token, expires_at, refresh_expires_at (ISO times)"
        raise WrongInput(f"{path} is not a token cache: it needs {wanted}") from None
    expires_at = _local(cache.expires_at)
    return TokenPair(
        access_token=cache.access_token,
        refresh_token=cache.refresh_token,
        expires_at=expires_at,
        refresh_expires_at=_local(cache.refresh_expires_at),
        generation=int((expires_at - ACCESS_LIFE).timestamp() * 1000),
    )


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, whatever is killed; only its owner reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
