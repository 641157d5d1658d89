"""Backup files: gzip'd lines, whole or not there, readable by their owner only."""

import gzip
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pipeline.core.errors import LaikeError
from pipeline.core.model import CHINA
from pipeline.core.table.backup import Backup, Header, SavedRow, damaged, lines, parse
from pipeline.file_input import Damaged, unpacked_lines
from pipeline.state.files import Kind, make_folder, new_file

ENDING = ".jsonl.gz"
KIND: Kind = "backup"


def new_path(folder: Path, why: str, table_id: str, now: datetime) -> Path:
    """The path of a backup made now; a table's backups of one kind sort by age."""
    return folder / f"{why}-{table_id}-{now.astimezone(CHINA):%Y%m%d-%H%M%S-%f}{ENDING}"


def write(path: Path, header: Header, rows: Iterable[SavedRow]) -> None:
    """Write a backup; make its folder if needed.

    Raises:
        WrongInput: There is such a file.
        LaikeError: It cannot be written.
    """
    make_folder(path.parent, KIND)
    with new_file(path, KIND) as file, gzip.open(file, "wt", encoding="utf-8", newline="\n") as packed:
        packed.writelines(lines(header, rows))


def read(path: Path) -> Backup:
    """Read a backup; `WrongInput` if it is missing, damaged, of another format, or larger than one can be."""
    text: list[str] = []
    try:
        for line in unpacked_lines(path):
            if not line.startswith("{"):  # each line is one JSON object: do not unpack the rest
                raise damaged(f"{path} has a line that does not belong to a backup")
            text.append(line)
    except Damaged as error:
        raise damaged(error.message) from None
    return parse(text)


def prune(folder: Path, why: str, table_id: str, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups of a table of one kind; the deleted files.

    Raises:
        LaikeError: One cannot be deleted.
    """
    old = sorted(folder.glob(f"{why}-{table_id}-*{ENDING}"))[:-keep]
    for path in old:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise LaikeError(f"the old backup {path} cannot be deleted: {error.strerror}") from None
    return old
