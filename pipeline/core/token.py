"""The token's life without I/O: the authorize link, the code that comes back, the history."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit

from pipeline.core.errors import WrongInput
from pipeline.core.model import TokenPair

STATE = "laike"  # the authorize page returns it with the code
TOKEN = r"^[!-~]{1,4096}$"  # noqa: S105 no header carries anything else
YEARS = range(2015, 2100)  # in which a token may end; calculations beyond may leave the calendar


class TokenStep(StrEnum):
    """An event in the pair's life."""

    REFRESHED = "refreshed"
    FAILED = "failed"  # no new pair: the service could not, or its answer was lost
    DEAD = "dead"  # the service refused the refresh token
    BROUGHT = "brought"  # a person imported a pair or authorized again


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEvent:
    """One entry of the token's history; holds no token.

    `unsaved_ms` is how long a new pair was in memory only: a process killed within loses it.
    """

    at: datetime
    by: str  # host, program, process id
    step: TokenStep
    message: str = ""
    unsaved_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A refresh sent for the pair of a generation, whose outcome is unknown."""

    generation: int
    at: datetime
    by: str


def is_token(said: object) -> bool:
    """Whether a value can be used as a token."""
    return isinstance(said, str) and re.fullmatch(TOKEN, said) is not None


def sensible(moment: datetime) -> bool:
    """Whether a token may end then: a moment with its zone, in `YEARS`."""
    return moment.tzinfo is not None and moment.year in YEARS


def newer(pair: TokenPair, than: TokenPair) -> TokenPair:
    """`pair` as the successor of another, even if a clock went back."""
    generation = max(pair.generation, than.generation + 1)
    return replace(pair, generation=generation, brought=than.brought, previous=replace(than, previous=None))


def authorize_link(page: str, app_id: str, redirect_uri: str | None) -> str:
    """Where a person authorizes the app. Follows 巨量引擎 Marketing API: 授权链接 (openapi/audit/oauth.html)."""
    query = {"app_id": app_id, "state": STATE, "material_auth": "1"}
    return f"{page}?{urlencode(query | ({'redirect_uri': redirect_uri} if redirect_uri else {}))}"


def code_in(pasted: str, app_id: str) -> str:
    """The auth_code in a pasted code or callback address; `WrongInput` if it is neither, or of another app."""
    text = pasted.strip()
    if "auth_code=" not in text and "://" not in text:
        if text and not any(sign in text for sign in " /?&="):
            return text
        raise WrongInput("this is no auth_code; paste the code, or the whole address that the browser was sent to")
    given = parse_qs(urlsplit(text).query or text.partition("?")[2] or text)
    if (of := given.get("app_id", [app_id])[0]) != app_id:
        raise WrongInput(f"this callback belongs to app {of}, not to LAIKE_OCEANENGINE_APP_ID")
    if not given.get("auth_code", [""])[0]:
        raise WrongInput("the address has no auth_code: was the authorization confirmed to its end?")
    return given["auth_code"][0]
