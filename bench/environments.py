"""Environments of the peers, made on demand: `.peers/<name>`, from the versions in `bench/peers/<name>.txt`."""

import subprocess
import sys
from pathlib import Path

from cli.terminal.output import note

PEERS = Path(__file__).parent / "peers"
HOME = PEERS.parents[1] / ".peers"  # git-ignored
MADE_FROM = "made-from.txt"


def python_of(name: str) -> Path:
    """The Python of a peer's environment, which is made if it is not there or of other versions.

    Raises:
        subprocess.CalledProcessError: It could not be made; what pip said is above.
    """
    folder, wanted = HOME / name, (PEERS / f"{name}.txt").read_text(encoding="utf-8")
    python, made_from = folder / "bin" / "python", folder / MADE_FROM
    if not made_from.exists() or made_from.read_text(encoding="utf-8") != wanted:
        note(f"  an environment for {name}: {len(packages_of(name))} packages")
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        install = ("install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--no-deps")
        _run(str(python), "-m", "pip", *install, "-r", str(PEERS / f"{name}.txt"))
        made_from.write_text(wanted, encoding="utf-8")
    return python


def packages_of(name: str) -> dict[str, str]:
    """Versions of a peer's packages, its own and those that it needs."""
    lines = (PEERS / f"{name}.txt").read_text(encoding="utf-8").split()
    return dict(line.split("==") for line in lines)


def program_of(name: str) -> Path:
    """The file of a peer's program."""
    return PEERS / f"{name}_peer.py"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 our own command
