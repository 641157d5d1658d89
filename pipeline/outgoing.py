"""Log lines, traces and the last words of an entry point, without secrets; traces show no locals.

`guarded` wraps every entry point (`laike`, worker, beat, Flower, `celery call`). Logs of libraries are redacted where
a record is made, since each library sets up its handlers in its own way.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import structlog

from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.redaction import redacted
from pipeline.core.text import visible, visible_lines

WRONG, FAILED = 2, 3  # exit codes: settings or usage; anything else
log = structlog.get_logger()
_make_record = logging.getLogRecordFactory()


def without_secrets(_: object, __: str, line: Any) -> str:  # noqa: ANN401 a renderer's line, after which it comes
    """The last structlog processor: redact the line as it is printed."""
    return redacted(str(line))


def without_what_acts(_: object, __: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: no value moves a terminal's cursor, or breaks or reverses a line."""
    for name, value in told.items():
        if isinstance(value, str):
            told[name] = visible_lines(value) if name == "exception" else visible(value)
    return told


def log_plainly(level: int) -> None:
    """Log to stderr in lines for people: stdout is for data."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.processors.format_exc_info,
            without_what_acts,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"),
                exception_formatter=structlog.dev.plain_traceback,
            ),
            without_secrets,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # one write per line: with two, another thread's line may come between text and line end
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def install() -> None:
    """Redact all log records of libraries and all uncaught exceptions of this process."""
    logging.setLogRecordFactory(_redacted_record)
    sys.excepthook = _tell_uncaught
    threading.excepthook = _tell_thread
    sys.unraisablehook = _tell_unraisable


@contextmanager
def guarded() -> Iterator[None]:
    """Run an entry point: our errors end it with a sentence, others with a trace without secrets."""
    install()
    if not structlog.is_configured():  # the default shows locals of every frame
        log_plainly(logging.ERROR)
    try:
        yield
    except LaikeError as error:
        sys.stderr.write(f"error: {visible_lines(redacted(error.message))}\n")
        sys.exit(WRONG if isinstance(error, WrongInput) else FAILED)
    except Exception:
        log.exception("ended_by_a_bug")  # printed at every level
        sys.exit(FAILED)
    finally:
        install()  # a library may have replaced the hooks


def _redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401 as the original
    record = _make_record(*args, **kwargs)
    said = record.getMessage()
    if (told := redacted(said)) != said:
        record.msg, record.args = told, None
    if record.exc_info and record.exc_info[1]:
        record.exc_text = redacted(_trace(record.exc_info[1]))  # a formatter takes it instead of making its own
    return record


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip("\n")


def _tell(error: BaseException) -> None:
    sys.stderr.write(f"{visible_lines(redacted(_trace(error)))}\n")


def _tell_uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    _tell(error)


def _tell_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value and not isinstance(args.exc_value, SystemExit):
        sys.stderr.write(f"in thread {args.thread.name if args.thread else 'unknown'}: ")
        _tell(args.exc_value)


def _tell_unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value:
        sys.stderr.write(f"{args.err_msg or 'ignored'}: ")
        _tell(args.exc_value)
