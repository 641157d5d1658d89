"""The token's life without I/O: the authorize link, the code that comes back, the history."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit

from pipeline.core.causes import IN_CONSOLE, IN_CONSOLE_MAINTENANCE, cure_of, maintenance_of
from pipeline.core.errors import LaikeError, NeedsAuthorization, WrongInput
from pipeline.core.model import TokenPair
from pipeline.core.text import shortened

STATE = "laike"  # the authorize page returns it with the code; the console's links have a secret one
CONSOLE_PAGE, CONSOLE_CALLBACK = "/authorize", "/authorize/callback"
TOKEN = r"^[!-~]{1,4096}$"  # noqa: S105 no header carries anything else
CODE = r"[^\s/?&=\x00-\x1f\x7f-\U0010ffff]{1,512}"  # as a person may paste it, without its address
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


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where a person authorizes again: the console's page, else the service's own; and how, in Chinese."""

    link: str
    console: bool = False

    @property
    def cure(self) -> str:
        """What the group does."""
        return IN_CONSOLE if self.console else cure_of(NeedsAuthorization.reason)

    @property
    def maintenance(self) -> str:
        """What the maintainer does."""
        return IN_CONSOLE_MAINTENANCE if self.console else maintenance_of(NeedsAuthorization.reason)

    def error(
        self, message: str, why: str | None = None, code: int | None = None, request_id: str | None = None
    ) -> NeedsAuthorization:
        """The error that leads here; `why` in Chinese."""
        before = f"{why}；" if why else ""
        return NeedsAuthorization(
            message,
            link=self.link,
            what_to_do=before + self.cure,
            for_maintainer=before + self.maintenance,
            code=code,
            request_id=request_id,
        )

    def led(self, error: LaikeError) -> LaikeError:
        """The same error, led here if an authorization mends it and it does not say where."""
        if error.reason != NeedsAuthorization.reason or error.link:
            return error
        return self.error(error.message, code=error.code, request_id=error.request_id)


def entrance(console_url: str | None, service_link: str) -> Entrance:
    """Where a person authorizes again: in the console if there is one."""
    return Entrance(console_url.rstrip("/") + CONSOLE_PAGE, console=True) if console_url else Entrance(service_link)


def callback(redirect_uri: str | None, console_url: str | None) -> str | None:
    """The address that the service sends the browser back to: as registered, else the console's."""
    return redirect_uri or (console_url.rstrip("/") + CONSOLE_CALLBACK if console_url else None)


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


def authorize_link(page: str, app_id: str, redirect_uri: str | None, state: str = STATE) -> str:
    """Where a person authorizes the app. Follows 巨量引擎 Marketing API: 授权链接 (openapi/audit/oauth.html)."""
    query = {"app_id": app_id, "state": state, "material_auth": "1"}
    return f"{page}?{urlencode(query | ({'redirect_uri': redirect_uri} if redirect_uri else {}))}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service told through the browser; `state` is `None` if only the code was pasted."""

    code: str
    state: str | None = None


def code_in(pasted: str, app_id: str) -> str:
    """The auth_code in a pasted code or callback address; `WrongInput` if it is neither, or of another app."""
    return answer_in(pasted, app_id).code


def answer_in(pasted: str, app_id: str) -> Answer:
    """The auth_code and the state in a pasted code or callback address; `WrongInput` as in `code_in`."""
    text = pasted.strip()
    if "auth_code=" not in text and "://" not in text:
        if re.fullmatch(CODE, text):
            return Answer(text)
        raise WrongInput(
            "this is no auth_code; paste the code, or the whole address that the browser was sent to",
            what_to_do="这不是授权后跳转到的网址，请复制浏览器地址栏中的完整网址。",
        )
    given = parse_qs(_query_of(text))
    if (of := given.get("app_id", [app_id])[0]) != app_id:
        raise WrongInput(
            f"this callback belongs to app {shortened(of)}, not to LAIKE_OCEANENGINE_APP_ID",
            what_to_do="该网址属于另一个应用的授权，请从本页重新打开授权链接。",
        )
    if not re.fullmatch(r"[!-~]{1,512}", code := given.get("auth_code", [""])[0]):
        raise WrongInput(
            "the address has no auth_code: was the authorization confirmed to its end?",
            what_to_do="该网址中没有授权码，可能未点击“同意授权”，请重新授权。",
        )
    return Answer(code, given.get("state", [None])[0])


def _query_of(text: str) -> str:
    try:
        return urlsplit(text).query or text.partition("?")[2] or text
    except ValueError:  # no address, but perhaps with a query
        return text.partition("?")[2] or text
