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
NEXT = (
    ("make demo KEEP=1", "stays up: the console, the table and Flower in your browser"),
    ("docs/set-up-an-account.md", "the same with an account of yours"),
    ("docs/README.md", "everything else, by task"),
)


def demo(*, keep: bool) -> int:
    """Play the demo; 0 when every paragraph came true, else an error."""
    output.say(("laike-sync loads advertising figures from Ocean Engine into a Feishu Bitable, emulated here.", "bold"))
    output.say(f"A morning in about a minute; each command and its output are in {FOLDER}/transcript.txt.")
    with world(FOLDER) as made:
        story = Story(made)
        try:
            _play(story)
        except LaikeError:
            output.note(f"the demo stopped; see {FOLDER}/transcript.txt and {FOLDER}/worker.log")
            raise
        _say_runs(story)
        _say_next(story.save_page())
        if keep:
            _stay(made)
    return output.DONE


def _play(story: Story) -> None:
    for number, play in enumerate(PARAGRAPHS, 1):
        begun, title = time.monotonic(), f"{number}. {play.__doc__}"
        output.say((title, "bold cyan"))
        story.world.commands.write(f"\n{title}")
        happened = play(story)
        took = f"{time.monotonic() - begun:4.0f} s  "
        for line in textwrap.wrap(happened, WIDTH, initial_indent=took, subsequent_indent=" " * len(took)):
            output.say(line)


def _say_runs(story: Story) -> None:
    output.say()
    columns = ("run", "seconds", "created", "updated", "unchanged", "state")
    output.say_table(columns, [_row(word, run) for word, run in story.runs.items()])


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
    made.services.start_console()
    output.say()
    output.say("Until Ctrl-C:")
    output.say("  the table  ", (f"{made.emulator.url}/", "bold"))
    for name, page in (("console", made.services.console), ("Flower", made.services.flower)):
        login = f"  (login {page.user}, password {page.password})"
        output.say(f"  {name.ljust(10)} ", (f"{page.url}/", "bold"), login)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
