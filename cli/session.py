"""From settings to a context, for the length of a command."""

import contextlib
import logging
import sys
from collections.abc import Iterator

import structlog

from cli.output import err
from pipeline.context import Context, build
from pipeline.settings import Settings, overridden
from pipeline.state.store import ours


@contextlib.contextmanager
def opened() -> Iterator[Context]:
    """A context on the settings of the environment and `.env`, with Redis in reach.

    Raises:
        WrongInput: Settings are missing or wrong.
        StoreUnreachable: Redis does not answer.
    """
    settings = Settings.load()
    for line in overridden():
        err.print(f"[yellow]note:[/] {line}")
    if settings.clock_offset_s:
        err.print(f"[yellow bold]LAIKE_CLOCK_OFFSET_S shifts the clock by {settings.clock_offset_s} s[/]")
    log_to_stderr(settings.log_level or "error")
    with ours(settings.redis_url):
        ctx = build(settings)
        ctx.client.ping()
        yield ctx


def log_to_stderr(level: str) -> None:
    """Log lines go to stderr: stdout is for data."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
