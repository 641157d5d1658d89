"""What beat and Flower keep: each in a volume of its own, where an earlier release kept it in the worker's.

It is copied, not moved: going back to that release finds its files. What beat forgets costs nothing, since `catch_up`
sees what was missed; what Flower forgets is a list of tasks that `laike runs` has, too.
"""

import dbm
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

OWN = {"beat": "beat-schedule", "flower": "flower"}  # by volume: how its files begin


def hand_on(data: Path, volumes: Path) -> Iterator[str]:
    """Copy what the worker's volume has and a service's own lacks; lines that say so.

    Args:
        data: The worker's volume.
        volumes: The folder of the others; one that is not there is left alone.
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
    except dbm.error as error:  # an OSError is one of them; the file may be in use by the release that is about to end
        return f"{own.name} begins anew: what it kept cannot be read ({error})"
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return f"{own.name} goes on with what it kept"


def _read(file: Path) -> None:
    """Return if a database can be read to its end."""
    with dbm.open(str(file), "r") as kept:
        for key in kept.keys():  # noqa: SIM118 not every kind can be iterated over
            _ = kept[key]
