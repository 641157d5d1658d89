"""Ask the two services what their pages leave open. Writes nothing, changes no token.

Each answer is in the service's own words or shapes, so that a person can hold it against what the docs assume.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.redaction import redacted
from pipeline.core.runs.plan import yesterday
from pipeline.steps.accounts.roster import current_accounts
from pipeline.steps.doctor.probe_discovery import DISCOVERY, Listings
from pipeline.steps.doctor.probe_reports import REPORTS, Reports
from pipeline.steps.doctor.probe_table import TABLE, Looking

T = TypeVar("T")
WRITING, REFRESHING, HAPPENING = (
    "not asked: only a write can tell",
    "not asked: only a refresh can tell, and it replaces the token",
    "not asked: it shows when the service refuses a call; the log of workers has code and headers",
)
UNTOLD: Mapping[str, str] = {
    "a client_token that was used before": WRITING,
    "records that one batch takes": WRITING,
    "order and cells of the records in the answer to a create": WRITING,
    "rows of a table that was just made, and when it can be read": WRITING,
    "a view's filter on a select: ids or names of options": WRITING,
    "the old access token after a refresh": REFRESHING,
    "a call too many at 巨量引擎 (40100, 40110, HTTP 429)": HAPPENING,
    "a call too many at 飞书 (99991400, 1254290, 1254112)": HAPPENING,
    "reads while a write is under way (1254291)": HAPPENING,
    "calls that a month has (99991403)": HAPPENING,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A question and what the service answered, without a secret that it echoed."""

    question: str
    answer: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", redacted(self.answer))


def probe(ctx: Context) -> list[Reply]:
    """Return every question with its answer, or why there is none; `NeedsPerson` if there is no usable token."""
    reports = Reports(ctx, next(iter(current_accounts(ctx).names)), yesterday(ctx.now()))
    return [
        *_asked(REPORTS, reports),
        *_asked(DISCOVERY, Listings(ctx)),
        *_asked(TABLE, Looking(ctx)),
        *(Reply(question, why) for question, why in UNTOLD.items()),
    ]


def _asked(questions: Mapping[str, Callable[[T], str]], of: T) -> list[Reply]:
    return [Reply(question, _answered(ask, of)) for question, ask in questions.items()]


def _answered(ask: Callable[[T], str], of: T) -> str:
    try:
        return ask(of)
    except LaikeError as error:
        return f"no answer: {error.message}"
