"""Files of beat and Flower, which an earlier release kept in the worker's volume, go to volumes of their own.

They are copied, not moved, so that the earlier release still finds them. Losing them costs little: `catch_up` loads
what beat missed, and `laike runs` lists what Flower forgets.
"""

import dbm
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

OWN = {"beat": "beat-schedule", "flower": "flower"}  # volume → prefix of its files


def hand_on(data: Path, volumes: Path) -> Iterator[str]:
    """Copy files from the worker's volume to volumes that have none; yields a line for each.

    Args:
        data: The worker's volume.
        volumes: The folder of the other volumes; a missing one is skipped.
    """
    for name, begin in OWN.items():
        own, files = volumes / name, sorted(data.glob(f"{begin}*"))
        if files and own.is_dir() and not any(own.glob(f"{begin}*")):
            yield _copied(own, begin, files)


def _copied(own: Path, begin: str, files: Sequence[Path]) -> str:
    aside = own / "handed-on"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        for file in files:
            shutil.copyfile(file, aside / file.name)
        _read(aside / begin)
        for file in aside.iterdir():
            file.replace(own / file.name)
    except dbm.error as error:  # an OSError, too; the earlier release may still write the file
        return f"{own.name} starts empty: its earlier file cannot be read ({error})"
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return f"{own.name} keeps its earlier file"


def _read(file: Path) -> None:
    """Read a database to its end."""
    with dbm.open(str(file), "r") as kept:
        for key in kept.keys():  # noqa: SIM118 not every kind can be iterated over
            _ = kept[key]
