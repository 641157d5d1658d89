"""stdout and stderr that never fail, so that output does not change how a command ends.

A character that the encoding lacks is replaced. What cannot be written (the reader is gone, the disk is full, the
stream is closed) is dropped. If stdout lost anything but to a reader that left, stderr says so at the end.
"""

import codecs
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT, STDERR = 1, 2
ERRORS = "laike.plain"  # how the streams replace what their encoding lacks
PLAIN = "ascii"  # in place of an encoding that cannot write lines
WANTED_NO_MORE = (errno.EPIPE, errno.EBADF)  # the reader left, or there never was one
_PLAIN = {"→": "->", "✓": "ok", "✗": "x", "•": "*", "…": "...", "·": "."}
_BOXES = range(0x2500, 0x2580)
_BARS = "│┃║╽╿╵╷"
_LINES = "─━═╸╺╴╶╼╾"


class Sink(io.RawIOBase):
    """A file descriptor to which every write succeeds; `lost` is the first error, after which all is dropped."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self.lost: OSError | None = None if descriptor is not None else OSError(errno.EBADF, os.strerror(errno.EBADF))

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """The descriptor; `OSError` if there is none."""
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all bytes, or drop them from the first error on; their count."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left and self.lost is None:
            left = left[self._written(left) :]
        return size

    def _written(self, data: memoryview) -> int:
        try:
            return os.write(self.fileno(), data)
        except BlockingIOError:  # the parent made the descriptor non-blocking
            select.select([], [self.fileno()], [])
            return 0
        except OSError as error:
            self.lost = error
            return 0


@contextmanager
def forgiving() -> Iterator[None]:
    """Replace the process' streams for good, so that output while it ends goes to them, too."""
    codecs.register_error(ERRORS, plain)
    _occupy_closed()
    out, sys.stdout = _wrapped(sys.stdout, STDOUT)
    _, sys.stderr = _wrapped(sys.stderr, STDERR)
    try:
        yield
    finally:
        flush()
        if out.lost and out.lost.errno not in WANTED_NO_MORE:
            sys.stderr.write(f"stdout takes no more, the output is incomplete: {out.lost.strerror}\n")
            sys.stderr.flush()


def flush() -> None:
    """Write what is buffered."""
    sys.stdout.flush()
    sys.stderr.flush()


def leave(code: int) -> NoReturn:
    """Write what is buffered, then end the process without waiting for its threads."""
    flush()
    os._exit(code)


def plain(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks by similar ASCII, else by `?` of the same width; `UnicodeError` on decoding."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_like, error.object[error.start : error.end])), error.end


def _like(sign: str) -> str:
    if ord(sign) in _BOXES:
        return "|" if sign in _BARS else "-" if sign in _LINES else "+"
    if sign in _PLAIN:
        return _PLAIN[sign]
    from rich.cells import cell_len

    return "?" * cell_len(sign)


def _wrapped(stream: TextIO | None, descriptor: int) -> tuple[Sink, TextIO]:
    """A `Sink` in place of a stream, with its encoding; without a stream all is dropped.

    A stream that is no file stays: a Python caller set it.
    """
    if stream is not None and not _is_file(stream):
        return Sink(None), stream
    if stream is not None:
        stream.flush()
    sink = Sink(stream.fileno() if stream is not None else None)
    encoding = stream.encoding if stream is not None else "utf-8"
    encoding = encoding if writes_lines(encoding) else PLAIN
    at_once = sink.isatty() or descriptor == STDERR
    return sink, io.TextIOWrapper(io.BufferedWriter(sink), encoding=encoding, errors=ERRORS, line_buffering=at_once)


def writes_lines(encoding: str) -> bool:
    """Whether an encoding can write any lines; IDNA, say, cannot."""
    lines = ("laike: ok.\n", "\n", f"{'long' * 100}..\n")
    try:
        encoder = codecs.getincrementalencoder(encoding)(ERRORS)
        data = b"".join(map(encoder.encode, (*lines, "→ 元\n")))
        return data.decode(encoding).startswith("".join(lines))
    except (LookupError, ValueError):
        return False


def _is_file(stream: TextIO) -> bool:
    try:
        stream.fileno()
    except OSError:
        return False
    return True


def _occupy_closed() -> None:
    """Occupy 0, 1 and 2 if closed: else a file or connection opened later would get the process' output."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
