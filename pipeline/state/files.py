"""Writes files atomically, whatever is killed; only their owner can read them."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from pipeline.core.errors import LaikeError, WrongInput

Kind = Literal["backup", "export", "report"]
_WORDS: dict[Kind, str] = {"backup": "备份", "export": "导出文件", "report": "报告"}
# errors of file systems without links: FAT, some network and desktop mounts
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write into; it replaces `path` when the block ends without error. The folder must exist.

    Raises:
        OSError: It cannot be written; the old file stays.
    """
    with _whole(path) as (file, temporary):
        yield file
        _sync(file)
        temporary.replace(path)


@contextmanager
def new_file(path: Path, kind: Kind) -> Iterator[BinaryIO]:
    """A new file to write into; it gets its name when the block ends without error. Overwrites nothing.

    Args:
        kind: What is written, for messages.

    Raises:
        WrongInput: The name is taken, be it by a link, or its folder is missing.
        LaikeError: It cannot be written.
    """
    refuse_existing(path, kind)
    if not path.parent.is_dir():
        raise WrongInput(f"{path} cannot be written: {path.parent} is no folder that is there")
    try:
        with _whole(path) as (file, temporary):
            yield file
            _publish(file, temporary, path)
    except FileExistsError:
        raise _exists(path, kind) from None
    except OSError as error:
        raise _unwritable(f"{path} cannot be written", kind, path.parent, error) from None


def refuse_existing(path: Path, kind: Kind) -> None:
    """Refuse a name that is taken (`WrongInput`) before any work is done for it."""
    if os.path.lexists(path):  # also a dangling link: writing would follow it
        raise _exists(path, kind)


def own_folder(path: Path, kind: Kind) -> Path:
    """Make a folder for figures, private and ignored by git; `LaikeError` if it cannot be made."""
    if make_folder(path, kind):
        with new_file(path / ".gitignore", kind) as file:
            file.write(b"*\n")
    return path


def make_folder(path: Path, kind: Kind) -> bool:
    """Make a folder that only its owner reads; whether it is new. `LaikeError` if it cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True)
    except OSError as error:
        if path.is_dir():
            return False  # its mode stays
        raise _unwritable(f"{path} cannot be made", kind, path, error) from None
    return True


def _unwritable(what: str, kind: Kind, folder: Path, error: OSError) -> LaikeError:
    return LaikeError(
        f"{what}: {error.strerror or error}",
        what_to_do=f"{_WORDS[kind]}无法写入服务器磁盘，请联系维护人员。",
        for_maintainer=f"{_WORDS[kind]}无法写入 {folder}，请检查目录权限和磁盘空间。",
    )


def _exists(path: Path, kind: Kind) -> WrongInput:
    article = "an" if kind == "export" else "a"
    return WrongInput(f"{path} exists: {article} {kind} overwrites nothing; take it away, or give another name")


@contextmanager
def _whole(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A temporary file beside another, removed when the block ends."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # new, mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, temporary
    finally:
        temporary.unlink(missing_ok=True)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _publish(file: BinaryIO, temporary: Path, path: Path) -> None:
    """Give a file its name unless that is taken meanwhile."""
    _sync(file)
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # first take the name with an empty file
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        temporary.replace(path)
