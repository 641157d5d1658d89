"""A record in Redis that nobody can read breaks no page and no command, and is named where it is missing."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

import pytest

from pipeline.core.errors import LaikeError
from pipeline.core.outcome import RunState
from pipeline.core.unreadable import RECORDS
from pipeline.steps.doctor.findings import State
from pipeline.steps.doctor.records import check_records
from pipeline.steps.overview.today.past import Held
from tests.console.poison import FORMS, WRONG_TYPE, Looker, asked_for, names, poisoned, told
from tests.inprocess import quiet
from tests.lab import Lab

T = TypeVar("T")
TO_LOGIN = (303, 401)
SAID = re.compile("无法读取|cannot be read|not_readable")
# any text is right: a name, or that there is a sign of life
FREE = {"beat", "vitals:workers", "history:unclear", "base:<id>:app_token"}
STOPPING = ("table:<id>:coverage:<account>", "table:<id>:stopped", "table:<id>:unseen", "table:<id>:chain")
PARTS = {"setup_watch"}  # asked for again and again inside a page that says it


def few(lab: Lab) -> list[str]:
    """Small accounts: many rows add nothing here but time."""
    return [one for one in lab.accounts if one != lab.big][:2]


@pytest.fixture
def looker(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Looker]:
    """Somebody who looks at a day that is loaded."""
    with quiet(logging.CRITICAL):
        run_id = lab.sync(accounts=few(lab)).run_id
        for name, value in lab.environment().items():
            monkeypatch.setenv(name, value)
        ctx = lab.context()
        made = Looker(lab, ctx, run_id, few(lab)[0], ctx.now())
        yield made
        made.loop.close()


@pytest.mark.parametrize("form", [*FORMS, WRONG_TYPE])
def test_every_page_shows_what_it_showed_or_names_the_record(looker: Looker, form: str) -> None:
    console, site = looker.console()

    def look(path: str) -> tuple[int, str]:
        site.held = Held(time.monotonic)
        return looker.look(console, path)

    pages, wrong = looker.pages(), {}
    right, read = seen({name: partial(look, path) for name, path in pages.items()})
    for place, key in names(looker).items():
        with poisoned(looker.ctx.client, key, RECORDS[place].kind, form):
            for name in (one for one in pages if key in read[one]):
                status, text = look(pages[name])
                told_of = key in text or SAID.search(text) or status in TO_LOGIN
                if status == 500 or not (told_of or text == right[name][1] or place in FREE or name in PARTS):
                    wrong[place, name] = status, text[-300:] if status == 500 else ""
    assert wrong == {}


@pytest.mark.parametrize("form", ["torn", WRONG_TYPE])
def test_every_command_shows_what_it_showed_or_names_the_record(looker: Looker, form: str) -> None:
    commands, wrong = looker.commands(), {}
    right, read = seen({name: partial(told, command) for name, command in commands.items()})
    for place, key in names(looker).items():
        with poisoned(looker.ctx.client, key, RECORDS[place].kind, form):
            for name in (one for one in commands if key in read[one]):
                text = told(commands[name])
                if text.startswith("TRACE") or not (
                    key in text or SAID.search(text) or text == right[name] or place in FREE
                ):
                    wrong[place, name] = text[-300:]
    assert wrong == {}


def seen(looks: Mapping[str, Callable[[], T]]) -> tuple[dict[str, T], dict[str, set[str]]]:
    """What each shows as long as all is well, and which keys it asks for."""
    shown, read = {}, {}
    for name, look in looks.items():
        with asked_for() as found:
            shown[name] = look()
        read[name] = found
    assert all(read.values())
    return shown, read


def test_doctor_names_what_cannot_be_read_and_says_what_is_lost_without_it(looker: Looker) -> None:
    client, made = looker.ctx.client, names(looker)
    assert check_records(looker.ctx).state is State.OK
    for form, place, state in (
        (WRONG_TYPE, "alerts", State.WARNING),
        ("torn", "table:<id>:views", State.WARNING),
        (WRONG_TYPE, "run:<run>", State.BROKEN),
        ("torn", "table:<id>:coverage:<account>", State.BROKEN),
        ("empty", "table:<id>:chain", State.BROKEN),
        ("no text", "quota:<month>", State.WARNING),
    ):
        with poisoned(client, made[place], RECORDS[place].kind, form):
            found = check_records(looker.ctx)
        assert (found.state, made[place] in found.says, RECORDS[place].lost in found.cure) == (state, True, True), place


def all_poisoned(looker: Looker, form: str, *, made_again: bool) -> ExitStack:
    """Every record of a kind, those that are there by now, at once; restored in the end."""
    stack, client = ExitStack(), looker.ctx.client
    for place, key in names(looker).items():
        of_run = place.startswith(("run:", "unreadable:", "console:"))
        if RECORDS[place].made_again is made_again and not of_run and place not in FREE:
            stack.enter_context(poisoned(client, key, RECORDS[place].kind, form))
    return stack


@pytest.mark.parametrize("form", [*FORMS, WRONG_TYPE])
def test_a_run_makes_anew_what_can_be_made_again(looker: Looker, form: str) -> None:
    rows = len(looker.lab.records())
    with all_poisoned(looker, form, made_again=True):
        for _ in range(2):
            summary = looker.lab.sync(accounts=few(looker.lab))
            assert (summary.state, summary.created) == (RunState.SUCCESS, 0), summary.trouble
        assert len(looker.lab.records()) == rows
        assert looker.ctx.table_facts.columns()
        assert looker.ctx.rosters.last() is None


@pytest.mark.parametrize("form", ["torn", WRONG_TYPE])
def test_a_run_stops_at_what_cannot_be_made_again(looker: Looker, form: str) -> None:
    before = looker.lab.records()
    for place in STOPPING:
        key = names(looker)[place]
        with poisoned(looker.ctx.client, key, RECORDS[place].kind, form):
            assert key in why(looker.lab)
            assert looker.lab.records() == before


def why(lab: Lab) -> str:
    """Why a run failed."""
    try:
        summary = lab.sync(accounts=few(lab))
    except LaikeError as error:
        return error.message
    assert summary.state is RunState.FAILED
    troubles = [summary.trouble, *(one.trouble for one in summary.accounts)]
    return " ".join(one.message for one in troubles if one)
