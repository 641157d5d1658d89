"""Prints the results as a page of the documentation and at a terminal."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil
import pygal
import redis
import rich.table
from pygal.style import CleanStyle

from bench.result import Goal, Part, Table
from pipeline.render.charts import without_scripts

PAGE = Path("docs/benchmarks.md")
CHART = Path("docs/images/benchmarks.svg")
GIB = 2**30
INTRO = """# Benchmarks

Written by `make bench` on {day}; nothing here is typed by hand. One emulator answers all contenders in turn, as
slowly as the real services where a profile says so, and refuses what is too fast; they share it, its data and its rate.

- **floor**: asyncio, everything overlapped, no guarantees: what the calls themselves take.
- **laike --local**: `laike sync --local`, its start included. **Celery**: one or three workers, ready before the start.
- **serial script**: the old way: a token, each account's report, its window deleted and created anew, then the views.

Machine: {cores} cores, {memory:.0f} GiB, {system}. Python {python}, celery {celery}, requests {requests}, redis {redis}
on a server {server}.
"""


def written(parts: Sequence[Part], server: str, day: date) -> None:
    """Write the page and its chart."""
    bars = {name: seconds for part in parts for name, seconds in part.bars.items()}
    CHART.write_bytes(_chart(bars))
    goals = [goal for part in parts for goal in part.goals]
    tables = [table for part in parts for table in part.tables]
    text = "\n".join([_intro(server, day), _goals(goals), _picture(), *map(_markdown, tables)])
    PAGE.write_text(text.rstrip() + "\n", encoding="utf-8")


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


def server_of(client: redis.Redis) -> str:
    """The version of a Redis server."""
    told: Mapping[str, str] = client.info("server")
    return str(told["redis_version"])


def _intro(server: str, day: date) -> str:
    return INTRO.format(
        day=day,
        cores=os.cpu_count(),
        memory=psutil.virtual_memory().total / GIB,
        system=platform.system(),
        python=platform.python_version(),
        server=server,
        **{name: version(name) for name in ("celery", "redis", "requests")},
    )


def _goals(goals: Sequence[Goal]) -> str:
    return _markdown(goals_table(goals))


def _picture() -> str:
    return f"![Seconds to the end of a daily run]({CHART.relative_to(PAGE.parent)})\n"


def _markdown(table: Table) -> str:
    heads = "| " + " | ".join(table.heads) + " |"
    rule = "|" + "|".join("---" if n == 0 or table.title == "Goals" else "--:" for n in range(len(table.heads))) + "|"
    rows = ["| " + " | ".join(row) + " |" for row in table.rows]
    return "\n".join([f"## {table.title}", "", heads, rule, *rows, "", *([table.note, ""] if table.note else [])])


def _chart(bars: Mapping[str, float]) -> bytes:
    """A bar for each contender, in one colour."""
    drawn = pygal.HorizontalBar(
        style=CleanStyle(colors=("#2f6fde",), background="white", plot_background="white"),
        title="P1: seconds to the end of a daily run",
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
