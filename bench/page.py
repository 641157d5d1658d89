"""Prints the results as a page of the documentation and at a terminal."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psutil
import pygal
import redis
import rich.table
from pygal.style import CleanStyle

from bench import beside
from bench.contenders import CELERY, DLT
from bench.measured import Beside, Measured
from bench.result import Goal, Table
from pipeline.render.charts import without_scripts

PAGE = Path("docs/benchmarks.md")
CHART = Path("docs/images/benchmarks.svg")
GIB = 2**30
FIGURES = re.compile(r"[\d., –]*")
MACHINE = (
    "{cores} cores, {memory:.0f} GiB, {system}; Python {python}, celery {celery}, requests {requests}, redis {redis} "
    "on a server {server}"
)
INTRO = """# Benchmarks

Written by `make bench` and `make bench PEERS=1`; nothing here is typed by hand. One emulator answers all contenders in
turn, as slowly as the real services where a profile says so, and refuses what is too fast; they share it, its data and
its rate.

- [What a user gets](#what-a-user-gets): the product beside other tools.
- [The rest](#the-rest): the same in full, goals, profiles, growth.

## What a user gets

Measured on {day} at the latencies of the real services, each scenario twice; two figures where they differ.
{machine}.

- **floor**: asyncio, everything overlapped, no guarantees: what the calls themselves take.
- **serial script**: the old way: a token, each account's report, its window deleted and created anew, then the views.
- **Celery alone**: Celery {celery}, a chord of plain tasks that repeat what failed, as its documentation shows it
  ([program](../bench/peers/celery_peer.py), {celery_packages} packages). Its worker is ready before the start, as that
  of **laike on Celery**.
- **dlt**: dlt {dlt}, a source with its REST client and a cursor on the day, a destination function for the Bitable,
  extract and load repeated, as its documentation shows it ([program](../bench/peers/dlt_peer.py), {dlt_packages}
  packages). It starts as a program, as **laike --local** does. **dlt, code checked**: the same with a response hook.
  A user adds it if he knows that this API refuses with status 200.

Lost answer: the first create has its effect, and its answer never arrives. Dead account: one of twenty answers with
`code` 40002 for good. HTTP 200: one report answers once with `code` 50000 and status 200. Rows are counted by the
emulator over the whole window of seven days.
"""
BY_HAND = """Either program has what its documentation shows and no more; what a user would add by hand could make it
right where it is not, such as Feishu's `client_token`, or a header that returns its error instead of raising it.
"""
REST = """## The rest

Profiles measured on {day}. {machine}.
"""


def written(measured: Measured) -> None:
    """Write the page and its chart."""
    CHART.write_bytes(_chart(beside.bars(measured.beside.rounds)))
    PAGE.write_text(text(measured), encoding="utf-8")


def text(measured: Measured) -> str:
    """The page: what a user gets, and the rest."""
    told, full = measured.beside, beside.part(measured.beside)
    profiles = measured.profiles
    goals = goals_table([*profiles.goals, *full.goals])
    parts = [
        _first_part(told),
        REST.format(day=profiles.day, machine=profiles.machine),
        *(_markdown(table, level="###") for table in (goals, *full.tables, *profiles.tables)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def shown(table: Table) -> rich.table.Table:
    """A table for a terminal."""
    made = rich.table.Table(title=table.title, title_justify="left", caption=table.note or None)
    for head in table.heads:
        made.add_column(head, justify="left" if head == table.heads[0] else "right")
    for row in table.rows:
        made.add_row(*row)
    return made


def goals_table(goals: Sequence[Goal]) -> Table:
    """The goals and whether they hold."""
    rows = [(goal.profile, goal.what, *goal.said, "holds" if goal.holds else "missed") for goal in goals]
    return Table("Goals", ("", "what", "measured", "goal", ""), rows)


def machine_of(client: redis.Redis) -> str:
    """The machine and its programs, with the version of a Redis server."""
    told: Mapping[str, str] = client.info("server")
    return MACHINE.format(
        cores=os.cpu_count(),
        memory=psutil.virtual_memory().total / GIB,
        system=platform.system(),
        python=platform.python_version(),
        server=told["redis_version"],
        **{name: version(name) for name in ("celery", "redis", "requests")},
    )


def _first_part(told: Beside) -> str:
    intro = INTRO.format(
        day=told.day,
        machine=told.machine,
        celery=told.versions[CELERY],
        celery_packages=told.packages[CELERY],
        dlt=told.versions[DLT],
        dlt_packages=told.packages[DLT],
    )
    sentences = [f"- {sentence}" for sentence in beside.better(told)]
    better = "\n".join(["### Where others are better", "", *sentences, "", BY_HAND])
    return "\n".join([intro, _picture(), _markdown(beside.short(told.rounds), level="###"), better])


def _picture() -> str:
    return f"![Seconds until the rows of a new day are in the table]({CHART.relative_to(PAGE.parent)})\n"


def _markdown(table: Table, level: str) -> str:
    heads = "| " + " | ".join(table.heads) + " |"
    columns = [[row[n] for row in table.rows] for n in range(len(table.heads))]
    sides = ["--:" if n and all(map(FIGURES.fullmatch, cells)) else "---" for n, cells in enumerate(columns)]
    rule = f"|{'|'.join(sides)}|"
    rows = ["| " + " | ".join(row) + " |" for row in table.rows]
    return "\n".join([f"{level} {table.title}", "", heads, rule, *rows, "", *([table.note, ""] if table.note else [])])


def _chart(bars: Mapping[str, float]) -> bytes:
    """A bar for each contender, in one colour."""
    drawn = pygal.HorizontalBar(
        style=CleanStyle(colors=("#2f6fde",), background="white", plot_background="white"),
        title="Seven accounts: seconds until the rows of a new day are in the table",
        show_legend=False,
        print_values=True,
        print_values_position="top",
        value_formatter=lambda seconds: f"{seconds:.1f} s",
        js=(),
        width=800,
        height=300,
        no_prefix=True,
        disable_xml_declaration=True,
    )
    drawn.add_xml_filter(without_scripts)
    drawn.uuid = "seconds"  # not random: the same figures make the same picture
    names = list(reversed(list(bars)))
    drawn.x_labels = names
    drawn.add("", [round(bars[name], 2) for name in names])
    made: str = drawn.render(is_unicode=True)
    return made.encode() + b"\n"
