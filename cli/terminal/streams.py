"""What stdout and stderr are while a command runs: they take whatever is written and decide nothing.

A sign that an encoding lacks is written as one that it has. What cannot be written, because the reader is gone, the
disk is full or nobody opened the stream, is dropped: the exit code says how the command ended, and not where its words
went. What was lost on a full disk is said on stderr when the command ends.
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
ERRORS = "laike.plain"  # what the streams do with signs that their encoding lacks
PLAIN = "ascii"  # used where a stream's encoding cannot write lines
WANTED_NO_MORE = (errno.EPIPE, errno.EBADF)  # the reader had enough, or nobody ever read
_PLAIN = {"→": "->", "✓": "ok", "✗": "x", "•": "*", "…": "...", "·": "."}
_BOXES = range(0x2500, 0x2580)
_BARS = "│┃║╽╿╵╷"
_LINES = "─━═╸╺╴╶╼╾"


class Sink(io.RawIOBase):
    """A file descriptor to which every write succeeds; `lost` is why nothing arrives any more."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self.lost: OSError | None = None if descriptor is not None else OSError(errno.EBADF, os.strerror(errno.EBADF))

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """The descriptor.

        Raises:
            OSError: There is none.
        """
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._descriptor

    def isatty(self) -> bool:
        """Whether a person sees it."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of it, or drop it from the first failure on; how many bytes that were."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left and self.lost is None:
            left = left[self._written(left) :]
        return size

    def _written(self, data: memoryview) -> int:
        try:
            return os.write(self.fileno(), data)
        except BlockingIOError:  # whoever gave us the descriptor made it so
            select.select([], [self.fileno()], [])
            return 0
        except OSError as error:
            self.lost = error
            return 0


@contextmanager
def forgiving() -> Iterator[None]:
    """Give the process such streams, for good: also what is said while it ends goes to them."""
    codecs.register_error(ERRORS, plain)
    _occupy_closed()
    out, sys.stdout = _wrapped(sys.stdout, STDOUT)
    _, sys.stderr = _wrapped(sys.stderr, STDERR)
    try:
        yield
    finally:
        flush()
        if out.lost and out.lost.errno not in WANTED_NO_MORE:
            sys.stderr.write(f"stdout takes no more, what was printed is not whole: {out.lost.strerror}\n")
            sys.stderr.flush()


def flush() -> None:
    """Write what is still held back."""
    sys.stdout.flush()
    sys.stderr.flush()


def leave(code: int) -> NoReturn:
    """End the process at once, without waiting for its threads; what was said is written before."""
    flush()
    os._exit(code)


def plain(error: UnicodeError) -> tuple[str, int]:
    """Signs that an encoding lacks, in signs that each has: as wide as they are, where nothing is like them.

    Raises:
        UnicodeError: It is about reading.
    """
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
    """A stream in place of another, in its encoding; where there is none, what is written is dropped.

    A stream that is no file stays: a Python caller may have set it.
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
    """Whether lines can be written in an encoding, whatever is in them: IDNA, say, is made for something else."""
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
    """Keep 0, 1 and 2 from becoming a file or a connection of ours, to which others would then write."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free: this one
