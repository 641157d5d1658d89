"""This process in the place of a worker: tasks run here, and what they send goes into a list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from pipeline.context import Context
from pipeline.core.runs.flow import Step
from tests.cards import problems, texts
from tests.lab import Lab
from worker import dispatch, tasks, watchdog

Sent = list[tuple[str, list[str]]]  # run, and the names of its steps


def stand_in(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Let tasks and the watchdog act here by a context; what they send."""
    sent: Sent = []

    def send(run: Any, steps: list[Step]) -> None:  # noqa: ANN401 a run
        sent.append((run.run_id, [str(step) for step in steps]))

    for module in (tasks, watchdog):
        monkeypatch.setattr(module, "context", lambda: ctx)
    monkeypatch.setattr(dispatch, "send", send)
    return sent


@contextmanager
def plain_traces() -> Iterator[None]:
    """Log lines as a worker writes them."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def cards(lab: Lab) -> list[dict[str, Any]]:
    """What the group was told, by cards that its bot takes."""
    sent = [message.get("card", message) for message in lab.look("state")["messages"]]
    assert [problem for card in sent for problem in problems(card)] == []
    return sent


def titles(lab: Lab) -> list[str]:
    """The cards' titles."""
    return [card["header"]["title"]["content"] for card in cards(lab)]


def said(lab: Lab) -> str:
    """All that the cards say."""
    return "\n".join(map(texts, cards(lab)))
