"""P6: seconds until a worker is ready, and `laike --help` against a bare Typer help of as many commands."""

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

import typer

from bench.result import Goal, Part, Table
from bench.workers import LAIKE, environment, ready_worker
from bench.world import Shape, World, world
from cli.main import app

BARE = """
import typer
app = typer.Typer(help="A bare help.")
{commands}
app()
"""
COMMAND = """
@app.command("{name}")
def command_{number}(words: str = typer.Option("", help="Some words.")) -> None:
    \"\"\"Do what {name} does.\"\"\"
"""


def measure(rounds: int) -> Part:
    """Measure both by turns."""
    with world(Shape(promotions=(1,), latency=0)) as made:
        bare = made.home / "bare.py"
        bare.write_text(_bare_source(), encoding="utf-8")
        ready, ours, theirs = [], [], []
        for number in range(rounds):
            ready.append(_ready_s(made, number))
            theirs.append(_help_s(made, [sys.executable, str(bare), "--help"]))
            ours.append(_help_s(made, [*LAIKE, "--help"]))
    ready_s, ours_s, theirs_s = (median(each) for each in (ready, ours, theirs))
    rows = [
        ("worker ready", f"{ready_s:.2f}", ""),
        ("laike --help", f"{ours_s:.2f}", f"{ours_s / theirs_s:.2f}"),
        ("a bare Typer help of as many commands", f"{theirs_s:.2f}", "1"),
    ]
    return Part(
        goals=[
            Goal("P6", "a worker is ready", ready_s, 1.5, "s"),
            Goal("P6", "laike --help, of a bare help of as many commands", ours_s / theirs_s, 2),
        ],
        tables=[Table(f"P6: start; medians of {rounds} rounds", ("", "s", "× bare"), rows)],
    )


def _bare_source() -> str:
    names = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    return BARE.format(commands="".join(COMMAND.format(name=name, number=n) for n, name in enumerate(names)))


def _ready_s(made: World, number: int) -> float:
    start = time.monotonic()
    with ready_worker(made, made.newest, number):
        return time.monotonic() - start


def _help_s(made: World, command: Sequence[str]) -> float:
    given, start = environment(made, made.newest), time.monotonic()
    subprocess.run(command, env=given, cwd=made.home, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 our own command
    return time.monotonic() - start
