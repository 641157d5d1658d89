"""What leaves a process in words: plain traces, no secret, an exit code that says how it ended."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import structlog

from pipeline import outgoing
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.redaction import hold
from pipeline.outgoing import guarded, log_plainly

CANARY = "canary-of-outgoing"


@pytest.fixture(autouse=True)
def process() -> Iterator[None]:
    """This process as it was, and one secret that it holds."""
    hold(CANARY)
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    factory = logging.getLogRecordFactory()
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.setLogRecordFactory(factory)
    structlog.reset_defaults()


def broken(error: Exception) -> None:
    held = CANARY  # a local, which no trace shows
    raise error from KeyError(held)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (WrongInput(f"wrong {CANARY}"), 2, "error: wrong ***\n"),
        (LaikeError(f"failed {CANARY}"), 3, "error: failed ***\n"),
    ],
)
def test_our_own_errors_end_an_entry_point_in_a_sentence(
    error: LaikeError, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, guarded():
        broken(error)
    assert ended.value.code == code
    assert capsys.readouterr().err == said


def test_what_nobody_foresaw_ends_it_as_failed_with_a_plain_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, guarded():
        broken(RuntimeError(f"with {CANARY}"))
    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert "RuntimeError: with ***" in said
    assert "in broken" in said
    assert CANARY not in said


def test_an_exit_code_of_its_own_stays() -> None:
    with pytest.raises(SystemExit) as ended, guarded():
        sys.exit(4)
    assert ended.value.code == 4


def test_it_leaves_the_logs_alone_that_somebody_set_up_before(capsys: pytest.CaptureFixture[str]) -> None:
    log_plainly(logging.DEBUG)
    with guarded():
        structlog.get_logger().debug("heard")
    assert "heard" in capsys.readouterr().err


def test_every_log_line_and_trace_of_ours_is_plain_and_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    log_plainly(logging.DEBUG)
    log = structlog.get_logger()
    try:
        broken(RuntimeError(CANARY))
    except RuntimeError:
        log.exception("broke", about={"held": [CANARY]}, by=RuntimeError(CANARY))
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "locals" not in said
    assert CANARY not in said
    assert said.count("***") >= 4


def test_every_record_of_a_library_is_redacted_whoever_formats_it(caplog: pytest.LogCaptureFixture) -> None:
    outgoing.install()
    log = logging.getLogger("some.library")
    log.warning("to %s with %d", CANARY, 7)
    log.warning("plain %s", "words")
    try:
        broken(RuntimeError(CANARY))
    except RuntimeError:
        log.exception("broke with %r", [CANARY])
    assert [record.getMessage() for record in caplog.records] == ["to *** with 7", "plain words", "broke with ['***']"]
    assert caplog.records[1].args == ("words",)
    assert "RuntimeError: ***" in caplog.text
    assert CANARY not in caplog.text


def uncaught(error: Exception) -> None:
    sys.excepthook(type(error), error, error.__traceback__)


def in_a_thread(error: Exception) -> None:
    thread = threading.Thread(target=broken, args=[error], name="watchdog")
    thread.start()
    thread.join()


@pytest.mark.parametrize("happen", [uncaught, in_a_thread])
def test_an_exception_that_nobody_catches_is_told_without_secrets(
    happen: Callable[[Exception], None], capsys: pytest.CaptureFixture[str]
) -> None:
    outgoing.install()
    happen(RuntimeError(f"with {CANARY}"))
    said = capsys.readouterr().err
    assert "RuntimeError: with ***" in said
    assert CANARY not in said


HOSTILE = "店\x1b[2J\u202e\nerror: all is well\x00"


def test_what_others_wrote_acts_on_no_terminal_from_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_plainly(logging.DEBUG)
    structlog.get_logger().warning(HOSTILE, name=HOSTILE)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert not {"\x1b", "\u202e", "\x00"} & set(said)
    assert said.count("店�[2J��error: all is well�") == 2


@pytest.mark.parametrize("error", [LaikeError(HOSTILE), KeyError(HOSTILE)])
def test_nor_from_the_end_of_an_entry_point(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), guarded():
        raise error
    said = capsys.readouterr().err
    assert "all is well" in said
    assert not {"\x1b", "\u202e", "\x00"} & set(said)
