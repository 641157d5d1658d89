"""OAuth2: one pair of tokens that rotates at each refresh."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from emulator.oceanengine import envelope
from emulator.shared.clock import Clock
from emulator.shared.settings import Settings
from emulator.shared.wire import Refusal

ACCESS_LIFETIME = timedelta(seconds=86_400)
REFRESH_LIFETIME = timedelta(seconds=2_592_000)
AUTH_CODE_LIFETIME = timedelta(minutes=10)
USER_ID = 2265468300000017  # the person who authorizes
SCOPES = (2, 3, 4, 5, 14, 110, 112, 120, 122)  # 权限点: integers, no list of them is published


@dataclass
class Pair:
    """An access token with the refresh token that replaces it."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    refresh_expires_at: datetime


@dataclass
class OAuth:
    """The app's credentials and the pair that is valid now; older pairs are dead."""

    seed: int
    clock: Clock
    settings: Settings
    app_id: int = 1812345678901234
    pair: Pair = field(init=False)
    generation: int = 0
    replaced: dict[str, datetime] = field(default_factory=dict)
    codes: dict[str, datetime | None] = field(default_factory=dict)
    material_auth: bool = False
    granted: Counter[str] = field(default_factory=Counter)  # pairs issued, by endpoint

    def __post_init__(self) -> None:
        self.secret = self._text("secret", 0)
        self.pair = self._new_pair()

    def rotate(self) -> Pair:
        """Replace the pair. Both old tokens die, the access token after the setting's grace."""
        self.replaced[self.pair.access_token] = self.clock.now()
        self.generation += 1
        self.pair = self._new_pair()
        return self.pair

    def set_left(self, access: float | None, refresh: float | None) -> None:
        """Set the seconds that the current tokens have left; below zero: expired."""
        now = self.clock.now()
        if access is not None:
            self.pair.expires_at = now + timedelta(seconds=access)
        if refresh is not None:
            self.pair.refresh_expires_at = now + timedelta(seconds=refresh)

    def check_access(self, token: str) -> None:
        """Refuse an expired, replaced or unknown access token."""
        now, grace = self.clock.now(), timedelta(seconds=self.settings.access_token_grace)
        if token == self.pair.access_token:
            if now >= self.pair.expires_at:
                raise Refusal(envelope.ACCESS_TOKEN_EXPIRED, "access token 过期")
        elif token not in self.replaced or now >= self.replaced[token] + grace:
            raise Refusal(envelope.INVALID_ACCESS_TOKEN, "access token 错误")

    def check_refresh(self, token: object) -> None:
        """Refuse a used, unknown or expired refresh token."""
        if token != self.pair.refresh_token:
            raise Refusal(envelope.INVALID_REFRESH_TOKEN, "refresh token 错误")
        if self.clock.now() >= self.pair.refresh_expires_at:
            raise Refusal(envelope.REFRESH_TOKEN_EXPIRED, "refresh token 过期")

    def agree(self, *, material_auth: bool) -> str:
        """Authorize as a person does; returns the auth_code."""
        self.material_auth = material_auth
        return self.issue_code()

    def issue_code(self) -> str:
        """An auth_code: valid once, for ten minutes."""
        code = self._text("code", len(self.codes))
        self.codes[code] = self.clock.now() + AUTH_CODE_LIFETIME
        return code

    def use_code(self, code: str) -> None:
        """Consume an auth_code or refuse it."""
        if code not in self.codes:
            raise Refusal(envelope.NOT_ACCEPTABLE, "auth_code 无效")
        until = self.codes[code]
        if until is None or self.clock.now() >= until:
            raise Refusal(envelope.AUTH_CODE_USED, "auth_code 已被使用或已过期，请重新授权")
        self.codes[code] = None

    def _new_pair(self) -> Pair:
        now = self.clock.now()
        return Pair(
            self._text("access", self.generation),
            self._text("refresh", self.generation),
            now + ACCESS_LIFETIME,
            now + REFRESH_LIFETIME,
        )

    def _text(self, kind: str, number: int) -> str:
        # derived, so that a reset restores the pair printed at the start
        return hashlib.sha256(f"{self.seed}:{kind}:{number}".encode()).hexdigest()[:40]
