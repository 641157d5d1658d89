"""What is known of the token's life without asking anybody: the authorize link, what came back, what happened to it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit

from pipeline.core.errors import WrongInput
from pipeline.core.model import TokenPair

STATE = "laike"  # what the authorize page hands back beside the code
TOKEN = r"^[!-~]{1,4096}$"  # noqa: S105 what one is made of: anything else no header carries
YEARS = range(2015, 2100)  # in which a token may end; further away a calendar has no room for what is done with it


class TokenStep(StrEnum):
    """What happened to the pair."""

    REFRESHED = "refreshed"
    FAILED = "failed"  # no new pair: the service could not, or its answer was lost
    DEAD = "dead"  # the service refused the refresh token
    BROUGHT = "brought"  # a person imported a pair or authorized again


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEvent:
    """One entry of the token's history; holds no token.

    `unsaved_ms` is how long a new pair was in memory only: whoever is killed within loses it.
    """

    at: datetime
    by: str  # host, program, process id
    step: TokenStep
    message: str = ""
    unsaved_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A refresh that was sent for the pair of a generation, and of whose end nothing is known."""

    generation: int
    at: datetime
    by: str


def is_token(said: object) -> bool:
    """Whether what a service says can be used as a token."""
    return isinstance(said, str) and re.fullmatch(TOKEN, said) is not None


def sensible(moment: datetime) -> bool:
    """Whether a token may end then: a moment with its zone, of these years."""
    return moment.tzinfo is not None and moment.year in YEARS


def newer(pair: TokenPair, than: TokenPair) -> TokenPair:
    """`pair` as the successor of another one, also where a clock went back."""
    generation = max(pair.generation, than.generation + 1)
    return replace(pair, generation=generation, brought=than.brought, previous=replace(than, previous=None))


def authorize_link(page: str, app_id: str, redirect_uri: str | None) -> str:
    """Where a person authorizes the app. Follows 巨量引擎 Marketing API: 授权链接 (openapi/audit/oauth.html)."""
    query = {"app_id": app_id, "state": STATE, "material_auth": "1"}
    return f"{page}?{urlencode(query | ({'redirect_uri': redirect_uri} if redirect_uri else {}))}"


def code_in(pasted: str, app_id: str) -> str:
    """The auth_code in what a person pasted: the code itself, or the whole callback address.

    Raises:
        WrongInput: It is neither, or the callback of another app.
    """
    text = pasted.strip()
    if "auth_code=" not in text and "://" not in text:
        if text and not any(sign in text for sign in " /?&="):
            return text
        msg = "this is no auth_code; paste the code, or the whole address that the browser was sent to"
        raise WrongInput(msg)
    given = parse_qs(urlsplit(text).query or text.partition("?")[2] or text)
    if (of := given.get("app_id", [app_id])[0]) != app_id:
        msg = f"this callback belongs to app {of}, not to LAIKE_OCEANENGINE_APP_ID"
        raise WrongInput(msg)
    if not given.get("auth_code", [""])[0]:
        msg = "the address has no auth_code: was the authorization confirmed to its end?"
        raise WrongInput(msg)
    return given["auth_code"][0]
