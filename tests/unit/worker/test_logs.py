"""Lines of the log stay whole, whichever thread says them."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from worker.logs import log_as_json


class Writes(io.StringIO):
    """A stream that remembers what each call wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def write(self, text: str, /) -> int:
        self.parts.append(text)
        return super().write(text)


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Writes]:
    made = Writes()
    monkeypatch.setattr(sys, "stderr", made)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    celery_level = logging.getLogger("celery").level
    log_as_json("INFO")
    yield made
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("celery").setLevel(celery_level)


def test_a_line_is_one_write_so_that_two_threads_cannot_mix_theirs(stream: Writes) -> None:
    structlog.get_logger().info("loaded", rows=7)
    logging.getLogger("celery.worker").info("task received")
    assert [json.loads(part)["event"] for part in stream.parts] == ["loaded", "task received"]
    assert all(part.endswith("}\n") for part in stream.parts)


def test_what_others_say_moves_no_cursor_and_turns_no_line(stream: Writes) -> None:
    structlog.get_logger().warning("told", error="店\x9b2J\u202e\ud83d")
    logging.getLogger("celery").warning("told\u202e %s", "\x9b")
    assert not set("\x9b\u202e\ud83d") & set("".join(stream.parts))
    assert len(stream.parts) == 2
