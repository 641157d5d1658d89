"""What HTTP and the handlers exchange: calls, replies, refusals, and the routes between them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from emulator.shared.parsing import json_of

HTTP_OK = 200
HTTP_BAD_REQUEST = 400


class Refusal(Exception):
    """A documented error: business code, message, HTTP status."""

    def __init__(self, code: int, message: str, *, status: int = HTTP_OK) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    params: Mapping[str, str]
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @staticmethod
    def parse_query(raw: bytes) -> list[tuple[str, str]]:
        """Names and values, repeated and empty ones included."""
        return parse_qsl(raw.decode("latin-1"), keep_blank_values=True)

    def with_query(self, changes: Mapping[str, object]) -> "Call":
        """The same call with other query values."""
        kept = [(name, value) for name, value in self.query if name not in changes]
        return replace(self, query=[*kept, *((name, str(value)) for name, value in changes.items())])

    @cached_property
    def document(self) -> object:
        """The body as JSON. Raises ValueError as `json_of`."""
        return json_of(self.body)

    @cached_property
    def arguments(self) -> dict[str, str]:
        """Path, query and top-level body fields as text, for faults and the log."""
        found = {**self.params, **dict(self.query)}
        try:
            document = self.document
        except ValueError:
            return found
        if isinstance(document, dict):
            found |= {str(k): str(v) for k, v in document.items() if not isinstance(v, list | dict)}
        return found


@dataclass
class Reply:
    """An answer: `payload` as JSON, or the bytes of `raw`."""

    payload: dict[str, Any] = field(default_factory=dict)
    status: int = HTTP_OK
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def code(self) -> int | None:
        """The business code, if any."""
        code = self.payload.get("code")
        return code if isinstance(code, int) else None

    def encode(self) -> bytes:
        """The body's bytes."""
        if self.raw is not None:
            return self.raw
        return json_bytes(self.payload)


def json_bytes(payload: object) -> bytes:
    """Encode JSON. Half a character, which UTF-8 cannot hold, is escaped."""
    try:
        return json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(payload).encode()


S = TypeVar("S")  # the state of a service
Handler = Callable[[S, Call], Reply]


@dataclass(frozen=True)
class Family(Generic[S]):
    """What the endpoints of a service share."""

    name: str
    refuse: Callable[[Refusal], Reply]
    throttled: Callable[[S, float, float], Reply]  # arguments: seconds to wait, rate
    authorize: Callable[[S, Call], None]
    permit: Callable[[S, Call, "Route[S]"], None]
    wrong_method: Refusal


@dataclass(frozen=True)
class Route(Generic[S]):
    """One endpoint. Faults, latency, counters and the log use its `name`."""

    name: str
    method: str
    path: str
    handler: Handler[S]
    family: Family[S]
    rate: float  # calls a second
    writes: bool = False
    conflict_status: int = HTTP_OK  # HTTP status of a write conflict
    public: bool = False  # needs no token
    metered: bool = False  # counts against the monthly quota of the tenant
