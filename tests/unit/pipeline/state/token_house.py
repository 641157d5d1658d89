"""A token keeper with its Redis, mirror, clock and a service that rotates pairs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
from cryptography.fernet import Fernet

from pipeline.core.errors import (
    NeedsPerson,
)
from pipeline.core.model import TokenPair
from pipeline.core.token import Entrance
from pipeline.state import keys
from pipeline.state.tokens.journal import TokenJournal
from pipeline.state.tokens.keeper import TokenKeeper, turns
from pipeline.state.tokens.vault import Vault

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
LINK = "https://ad.example/oauth.html?app_id=18"
KEY, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PAIR = TokenPair(
    access_token="access-canary-1",
    refresh_token="refresh-canary-1",
    expires_at=NOW + 20 * HOUR,
    refresh_expires_at=NOW + timedelta(days=29),
    generation=1_000,
)


class Service:
    """Rotates pairs: only the newest refresh token works, and what was issued is counted."""

    def __init__(self, newest: str = PAIR.refresh_token, on_refresh: Callable[[], object] = lambda: None) -> None:
        self.newest, self.issued, self.on_refresh = newest, 0, on_refresh
        self.trouble: Exception | None = None
        self.answers: list[Exception] = []  # to the next calls, before it answers as it should
        self.asked: list[str] = []

    def refresh(self, refresh_token: str, now: datetime) -> TokenPair:
        self.asked.append(refresh_token)
        self.on_refresh()
        if self.answers:
            raise self.answers.pop(0)
        if self.trouble:
            raise self.trouble
        if refresh_token != self.newest:
            raise NeedsPerson("40107: the refresh token is used up", code=40107, request_id="r-1")
        self.issued += 1
        self.newest = f"refresh-canary-new-{self.issued}"
        return TokenPair(
            access_token=f"access-canary-new-{self.issued}",
            refresh_token=self.newest,
            expires_at=now + 24 * HOUR,
            refresh_expires_at=now + timedelta(days=30),
            generation=int(now.timestamp() * 1000),
        )


class House:
    """A keeper with its Redis, mirror, clock and service."""

    def __init__(self, client: redis.Redis, home: Path) -> None:
        self.client, self.mirror = client, home / "deep" / ".laike-token"
        self.now, self.service, self.token_keys = NOW, Service(), [KEY]

    def keeper(self, mirror: Path | None = None) -> TokenKeeper:
        return TokenKeeper(
            vault=Vault(self.client, self.token_keys, mirror or self.mirror),
            journal=self.journal,
            refresh=self.service.refresh,
            now=lambda: self.now,
            turn=turns(self.client, seconds=10),
            entrance=Entrance(LINK),
        )

    @property
    def journal(self) -> TokenJournal:
        return TokenJournal(self.client, lambda: self.now, "this test")

    def stored(self) -> dict[bytes, bytes]:
        stored: dict[bytes, bytes] = dict(self.client.hgetall(keys.TOKEN))  # type: ignore[arg-type]
        return stored

    def put_back(self, stored: dict[bytes, bytes]) -> None:
        """Let Redis hold what it held before, as after it was restored from a copy."""
        self.client.delete(keys.TOKEN)
        self.client.hset(keys.TOKEN, mapping=stored)  # type: ignore[arg-type]


def living(house: House, left: timedelta) -> None:
    """Keep a pair that lives for so long."""
    house.keeper().store(replace(PAIR, expires_at=house.now + left))


def full(_: int) -> None:
    raise OSError(28, "No space left on device")
