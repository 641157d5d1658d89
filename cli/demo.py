"""`laike demo`: plays the story of `lab/demo.py` on one screen; the detail goes into files."""

import contextlib
import textwrap
import threading
import time
from pathlib import Path

from cli.terminal import output
from cli.terminal.words import Part, coloured
from lab.demo import PARAGRAPHS, Document, Story
from lab.world import World, world
from pipeline.core.errors import LaikeError

FOLDER = Path("demo-output")
WIDTH = 96
LOG_LINES_SHOWN = 15
NEXT = (
    ("make demo KEEP=1", "stays up: the emulator's page and Flower in your browser"),
    ("docs/set-up-an-account.md", "the same with an account of yours"),
    ("docs/README.md", "everything else, by task"),
)


def demo(*, keep: bool) -> int:
    """Play the demo; exit code 0 when every paragraph came true.

    Raises:
        LaikeError: Something did not.
    """
    output.say(
        (
            "laike-sync loads advertising figures from Ocean Engine into a Feishu Bitable; both are emulated here.",
            "bold",
        )
    )
    output.say(f"A morning in about a minute; each command and its output are in {FOLDER}/transcript.txt.")
    with world(FOLDER) as made:
        story = Story(made)
        try:
            _play(story)
        except LaikeError:
            for line in made.services.log("worker").splitlines()[-LOG_LINES_SHOWN:]:
                output.note(line)
            raise
        _say_runs(story)
        _say_next(story.save_page())
        if keep:
            _stay(made)
    return output.DONE


def _play(story: Story) -> None:
    for number, (title, play) in enumerate(PARAGRAPHS, 1):
        begun = time.monotonic()
        output.say((f"{number}. {title}", "bold cyan"))
        story.world.commands.write(f"\n{number}. {title}")
        happened = play(story)
        took = f"{time.monotonic() - begun:4.0f} s  "
        for line in textwrap.wrap(happened, WIDTH, initial_indent=took, subsequent_indent=" " * len(took)):
            output.say(line)


def _say_runs(story: Story) -> None:
    output.say()
    columns = ("run", "seconds", "created", "updated", "unchanged", "state")
    rows = [_row(word, run) for word, run in story.runs.items()]
    output.say_table(columns, rows)


def _row(word: str, run: Document) -> tuple[Part, ...]:
    counts = (f"{run[count]:,}" for count in ("created", "updated", "unchanged"))
    return (word, f"{run['seconds']:.1f}", *counts, coloured(run["state"]))


def _say_next(page: Path) -> None:
    output.say()
    output.say(f"Table, a view, status table and cards: {page.absolute()}")
    output.say("Beside it: transcript.txt, worker.log, beat.log, flower.log.")
    output.say()
    width = max(len(what) for what, _ in NEXT)
    for what, why in NEXT:
        output.say((what.ljust(width), "bold"), f"  {why}")


def _stay(made: World) -> None:
    flower = made.services.flower
    output.say()
    where = (("  the page ", ""), (f"{made.emulator.url}/", "bold"), "  Flower ", (f"{flower.url}/", "bold"))
    output.say("Until Ctrl-C:", *where, f" (login {flower.user}, password {flower.password})")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
