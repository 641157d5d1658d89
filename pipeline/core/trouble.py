"""What tasks, ledger and cards keep of an error."""

from dataclasses import dataclass

from pipeline.core.redaction import redacted
from pipeline.core.text import encodable

MESSAGE_MOST, ID_MOST = 20_000, 200  # characters: an error quotes answers of services, which may be anything


def fit(said: str, most: int) -> str:
    """A text fit to store: no secret, no half character, at most `most` characters."""
    return encodable(redacted(said)[:most])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is said of an error: small, fit for JSON, without any secret even if a service echoed it."""

    reason: str  # a stable word, such as `account_unavailable`
    message: str  # English, for the engineer; carries the service's own words
    what_to_do: str  # Chinese, one sentence, for the group: no command, no setting
    code: int | None = None  # the service's error code
    request_id: str | None = None  # for the service's support
    needs_person: bool = False  # nothing heals until a person acts
    link: str | None = None  # where that person begins
    for_maintainer: str | None = None  # what to do at the terminal, where that is something else

    def __post_init__(self) -> None:
        for name in ("message", "what_to_do", "request_id", "link", "for_maintainer"):
            if (said := getattr(self, name)) is not None:
                object.__setattr__(self, name, redacted(said))

    @property
    def at_terminal(self) -> str:
        """What to do, in the maintainer's words."""
        return self.for_maintainer or self.what_to_do
