"""What of an error crosses tasks, the ledger and cards."""

from dataclasses import dataclass

from pipeline.core.redaction import redacted
from pipeline.core.text import encodable

MESSAGE_MOST, ID_MOST = 20_000, 200  # characters: an error quotes what others say, who may say anything


def fit(said: str, most: int) -> str:
    """A text as it may be stored and told: without secrets and half characters, at most `most` characters."""
    return encodable(redacted(said)[:most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is told of an error: small, fit for JSON; whatever a service echoed, no secret that is held is in it."""

    reason: str  # a stable word, such as `account_unavailable`
    message: str  # English, for the engineer; carries the service's own words
    what_to_do: str  # Chinese, one sentence, for the group: no command, no setting
    code: int | None = None  # the service's error code
    request_id: str | None = None  # what the service's support asks for
    needs_person: bool = False  # nothing heals before somebody acts
    link: str | None = None  # where that somebody begins
    for_maintainer: str | None = None  # what to do at the terminal, where that is something else

    def __post_init__(self) -> None:
        for name in ("message", "what_to_do", "request_id", "link", "for_maintainer"):
            if (said := getattr(self, name)) is not None:
                object.__setattr__(self, name, redacted(said))

    @property
    def at_terminal(self) -> str:
        """What to do, in the maintainer's words."""
        return self.for_maintainer or self.what_to_do
