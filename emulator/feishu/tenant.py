"""tenant_access_token: issued again while it has half an hour left; then a new one, and both are valid."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from emulator.shared.clock import Clock
from emulator.shared.wire import HTTP_BAD_REQUEST, Refusal

LIFETIME = timedelta(seconds=7200)
REUSED_WHILE = timedelta(minutes=30)
INVALID_TOKEN = 99991663


@dataclass
class Tenant:
    """The self-built app; its tokens with their ends."""

    seed: int
    clock: Clock
    app_id: str = "cli_a1b2c3d4e5f60718"
    tokens: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.secret = self._text("feishu-secret", 0)[:32]

    def issue(self) -> tuple[str, timedelta]:
        """Issue a token; returns it with its time left."""
        now = self.clock.now()
        if self.tokens:
            token, until = list(self.tokens.items())[-1]
            if until - now >= REUSED_WHILE:
                return token, until - now
        token = f"t-{self._text('tenant', len(self.tokens))[:40]}"
        self.tokens[token] = now + LIFETIME
        return token, LIFETIME

    def check(self, token: str) -> None:
        """Refuse an unknown or expired token."""
        until = self.tokens.get(token)
        if until is None or self.clock.now() >= until:
            raise Refusal(INVALID_TOKEN, "Invalid access token for authorization", status=HTTP_BAD_REQUEST)

    def _text(self, kind: str, number: int) -> str:
        return hashlib.sha256(f"{self.seed}:{kind}:{number}".encode()).hexdigest()
