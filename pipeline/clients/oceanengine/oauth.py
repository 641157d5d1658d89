"""The token endpoints: 获取Access Token (oauth2/access_token) and 刷新Refresh Token (oauth2/refresh_token).

Follows 巨量引擎 Marketing API. A refresh kills the old pair, and a code works once, so neither call is retried here.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from pipeline.clients.http import Http
from pipeline.clients.oceanengine.api import data_of
from pipeline.clients.oceanengine.values import is_id
from pipeline.core.bounds import life_s
from pipeline.core.errors import BadResponse
from pipeline.core.model import CHINA, TokenPair
from pipeline.core.redaction import hold_passing
from pipeline.core.token import TOKEN

ACCESS_TOKEN = "/open_api/oauth2/access_token/"  # noqa: S105 a path
REFRESH_TOKEN = "/open_api/oauth2/refresh_token/"  # noqa: S105 a path
# the documented life of each token, and the longest that we believe
ACCESS_LIFE_S, ACCESS_LIFE_MOST_S = 86_400.0, 30 * 86_400.0
REFRESH_LIFE_S, REFRESH_LIFE_MOST_S = 30 * 86_400.0, 400 * 86_400.0


class _Pair(BaseModel):
    access_token: str = Field(pattern=TOKEN, repr=False)
    refresh_token: str = Field(pattern=TOKEN, repr=False)
    # a bad life must not cost the new pair: the old one is dead
    expires_in: Any = None
    refresh_token_expires_in: Any = None


@dataclass(frozen=True, slots=True)
class OAuth:
    """The app's side of the token life."""

    http: Http
    app_id: str
    secret: str = field(repr=False)

    def refresh(self, refresh_token: str, now: datetime) -> TokenPair:
        """Exchange a refresh token, which is dead afterwards, for a new pair.

        Raises:
            NeedsPerson: The refresh token is expired or used up.
            Retryable: No answer; a new pair may exist.
            BadResponse: The answer holds no usable pair; a new pair may exist.
        """
        grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._pair(REFRESH_TOKEN, grant, now, refused="needs_authorization")

    def exchange(self, auth_code: str, now: datetime) -> TokenPair:
        """Exchange the code of an authorization, which works once within ten minutes, for the first pair.

        Raises:
            NeedsPerson: The code is used up, too old, or no code.
            Retryable: No answer; the code may be used up.
        """
        hold_passing(auth_code)
        grant = {"grant_type": "auth_code", "auth_code": auth_code}
        return self._pair(ACCESS_TOKEN, grant, now, refused="auth_code")

    def _pair(self, path: str, grant: dict[str, str], now: datetime, refused: str) -> TokenPair:
        app_id: int | str = int(self.app_id) if is_id(self.app_id) else self.app_id
        body = {"app_id": app_id, "secret": self.secret, **grant}
        data = data_of(path, self.http.call("POST", path, json=body), refused)
        try:
            pair = _Pair.model_validate(data)
        except ValidationError:
            raise BadResponse(f"{path}: the answer holds no whole pair of tokens that can be used") from None
        issued = now.astimezone(CHINA)
        lives = life_s(pair.expires_in, ACCESS_LIFE_S, ACCESS_LIFE_MOST_S)
        refresh_lives = life_s(pair.refresh_token_expires_in, REFRESH_LIFE_S, REFRESH_LIFE_MOST_S)
        return TokenPair(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            expires_at=issued + timedelta(seconds=lives),
            refresh_expires_at=issued + timedelta(seconds=refresh_lives),
            generation=int(now.timestamp() * 1000),
        )
