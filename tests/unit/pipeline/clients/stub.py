"""A service without a wire: prepared answers, recorded calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from requests.structures import CaseInsensitiveDict

from pipeline.clients.http import Answer, Http

Plain = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request that was sent."""

    method: str
    path: str
    params: Mapping[str, str] | None
    json: Any
    headers: Mapping[str, str]
    timeout_s: float


class StubHttp(Http):
    """Gives the prepared answers in their order, the last one for ever; an error among them is raised."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__("stub", "http://stub.invalid")
        self.answers = list(answers)
        self.calls: list[Call] = []

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30,
        label: str | None = None,  # noqa: ARG002 only for logs
    ) -> Answer:
        """Record the call and give the next answer."""
        self.calls.append(Call(method, path, dict(params) if params else params, json, dict(headers or {}), timeout_s))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(body: Plain, headers: Mapping[str, str] | None = None, status: int = 200) -> Answer:
    """What a service answers."""
    return Answer(status, CaseInsensitiveDict(headers or {}), body)


def data(**facts: object) -> Answer:
    """A success with these `data`."""
    return answer({"code": 0, "data": facts})


def told(error: BaseException) -> str:
    """All that an error says, and those behind it that a trace would show."""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return repr(error) + repr(getattr(error, "__dict__", "")) + (told(behind) if behind else "")
