"""The one reader of files from outside; anything but a regular file of sensible size is refused with its reason.

A file is opened without blocking, since a FIFO would wait for a writer, and read up to a bound, since a device has no
end. Text is UTF-8, with or without a byte order mark.
"""

import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.core.errors import WrongInput

SMALL = 64 << 10  # bytes: `.env`, laike.toml, a secret, a token
PACKED = 256 << 20  # bytes: a compressed backup
UNPACKED = 256 << 20  # bytes: a backup unpacked; 20,000 rows of 13 kB
LINE = 16 << 20  # bytes: one of its lines
OTHERS = 0o077  # permission bits of group and others
_KINDS = {
    stat.S_IFDIR: "a folder (a container's engine makes one where a file to be mounted is not there)",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class NoFile(WrongInput):
    """There is no such file."""


class Damaged(WrongInput):
    """A compressed file does not unpack."""


def path_of(text: str | Path) -> Path:
    """The path that a person wrote; `~` is the home. `WrongInput` if it is empty, or of an unknown user's home."""
    if isinstance(text, str) and not text.strip():
        raise WrongInput("a file name is needed: what was given is empty")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise WrongInput(f"{text} cannot be read: nobody knows whose home that is; write the path out") from None


def written_path(value: object) -> object:
    """A path in the settings; `~` is the home, other values stay. `ValueError` if the home is an unknown user's."""
    try:
        return str(path_of(value)) if isinstance(value, str | Path) else value
    except WrongInput as error:
        raise ValueError(error.message) from None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading.

    Raises:
        NoFile: There is none.
        WrongInput: It is something else, or not readable.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NoFile(f"{path} cannot be read: {error.strerror}") from None
    except OSError as error:
        raise WrongInput(f"{path} cannot be read: {_why(path, error)}") from None
    with os.fdopen(handle, "rb", closefd=True) if _regular(path, handle) else io.BytesIO() as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise Damaged(f"{path} does not unpack") from None
        except OSError as error:
            raise WrongInput(f"{path} cannot be read: {error.strerror or error}") from None


def read_bytes(path: Path, most: int = SMALL) -> bytes:
    """The content of a file; raises as `opened` does, and `WrongInput` if it holds more than `most` bytes."""
    with opened(path) as file:
        return _bounded(path, file, most)


def read_private(path: Path, most: int = SMALL) -> tuple[bytes, str]:
    """`read_bytes` of a file that only its owner may read; if others could, that is changed, and the text says so."""
    with opened(path) as file:
        return _bounded(path, file, most), _made_private(file.fileno())


def read_text(path: Path, most: int = SMALL) -> str:
    """The text of a file, which may be empty; raises as `read_bytes` does, and `WrongInput` if it is not UTF-8."""
    return text_of(path, read_bytes(path, most))


def read_filled(path: Path, most: int = SMALL) -> str:
    """The text of a file; raises as `read_text` does, and `WrongInput` if it is empty."""
    if not (text := read_text(path, most)).strip():
        raise WrongInput(f"{path} cannot be read: it is empty")
    return text


def text_of(path: Path, data: bytes) -> str:
    """Decode the bytes of a file; `WrongInput` if they are not UTF-8."""
    if data.startswith(_UTF16) or b"\0" in data:
        raise WrongInput(f"{path} cannot be read: it is UTF-16 or no text at all; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} cannot be read: it is no UTF-8 text (byte {error.start + 1}; GBK?); save it as UTF-8"
        raise WrongInput(msg) from None


def unpacked_lines(path: Path) -> Iterator[str]:
    """The lines of a gzip'd text with their line ends, unpacked as they are consumed.

    Raises:
        NoFile: There is none.
        Damaged: It is empty, or does not unpack to text.
        WrongInput: It cannot be read, or is larger than a backup can be.
    """
    with opened(path) as file:
        if (size := os.fstat(file.fileno()).st_size) > PACKED:
            raise _too_large(path, PACKED)
        if not size:
            raise Damaged(f"{path} is empty")
        left = UNPACKED
        with gzip.GzipFile(fileobj=file) as plain:
            while line := plain.readline(LINE + 1):
                left -= len(line)
                if len(line) > LINE or left < 0:
                    raise _too_large(path, UNPACKED if left < 0 else LINE, "unpacked, or one of its lines, ")
                try:
                    yield line.decode()
                except UnicodeDecodeError:
                    raise Damaged(f"{path} does not unpack to text") from None


def _bounded(path: Path, file: BinaryIO, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise _too_large(path, most)
    return data


def _too_large(path: Path, most: int, what: str = "") -> WrongInput:
    size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"
    return WrongInput(f"{path} cannot be read: it is larger {what}than {size}, and so not what belongs there")


def _regular(path: Path, handle: int) -> bool:
    """True for a regular file; anything else is closed and refused."""
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind == stat.S_IFREG:
        return True
    os.close(handle)
    raise WrongInput(f"{path} cannot be read: it is {_KINDS.get(kind, 'no file')}; give a regular file")


def _why(path: Path, error: OSError) -> str:
    words = error.strerror or type(error).__name__
    if error.errno == errno.ENXIO:
        return f"it is {_KINDS[stat.S_IFSOCK]}; give a regular file"
    if error.errno != errno.EACCES:
        return words
    with suppress(OSError):
        found = path.stat()
        owner = f"it belongs to user {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}"
        words = f"{words}: {owner}, and this process is user {os.geteuid()}; make it readable for that one"
    return words


def _made_private(handle: int) -> str:
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    if not mode & OTHERS:
        return ""
    try:
        os.fchmod(handle, mode & ~OTHERS)
    except OSError as error:
        return f"mode {mode:04o} lets others at it, and could not be changed: {error.strerror}"
    return f"mode {mode:04o} let others at it; it is {mode & ~OTHERS:04o} now"
