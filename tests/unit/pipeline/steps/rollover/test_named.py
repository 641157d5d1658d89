"""A table of a name is made once: what is sent, looked up and waited for where the answer to a create is lost."""

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.errors import BadRequest, BadResponse, LaikeError, NeedsPerson, Retryable, TableMismatch, Throttled
from pipeline.steps.rollover.named import SENDS, made_or_found, taken_cure
from pipeline.steps.table.create import LOOK_UP_S

NAME = "广告日报 2026-06"
TAKEN = BadRequest("TableNameDuplicated", code=1254013)
LOST = Retryable("no answer", effect_possible=True)
GARBAGE = BadResponse("no table_id")


class Tables:
    """Answers creates and lists in turn, the last answer for ever, and notes what was done."""

    def __init__(self, creates: list[str | LaikeError], lists: list[str | None]) -> None:
        self.creates, self.lists, self.did = creates, lists, list[str | float]()
        self.pause = self.did.append

    def create(self, name: str, _: object) -> str:
        self.did.append("create")
        assert name == NAME
        answer = self.creates.pop(0) if len(self.creates) > 1 else self.creates[0]
        if isinstance(answer, LaikeError):
            raise answer
        return answer

    def ids(self) -> dict[str, str]:
        self.did.append("list")
        found = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        return {"别的表": "tblOther", **({NAME: found} if found else {})}


def made(tables: Tables) -> tuple[str, bool]:
    base: Any = SimpleNamespace(tables=tables)
    ctx: Any = SimpleNamespace(pause=tables.pause)
    return made_or_found(ctx, base, NAME, [])


def test_an_answer_is_believed() -> None:
    tables = Tables(["tbl1"], [None])
    assert made(tables) == ("tbl1", True)
    assert tables.did == ["create"]


def test_a_table_whose_name_is_taken_is_found_without_waiting() -> None:
    tables = Tables([TAKEN], ["tbl1"])
    assert made(tables) == ("tbl1", False)
    assert tables.did == ["create", "list"]


@pytest.mark.parametrize("error", [LOST, GARBAGE])
def test_after_a_lost_answer_a_late_table_is_waited_for_and_found(error: LaikeError) -> None:
    tables = Tables([error], ["tbl1"])
    assert made(tables) == ("tbl1", False)
    assert tables.did == ["create", LOOK_UP_S, "list"]


def test_a_table_that_comes_after_the_look_up_is_found_by_its_taken_name() -> None:
    tables = Tables([LOST, TAKEN], [None, "tbl1"])
    assert made(tables) == ("tbl1", False)
    assert tables.did == ["create", LOOK_UP_S, "list", "create", "list"]


def test_a_create_that_never_arrived_is_sent_again() -> None:
    tables = Tables([LOST, "tbl1"], [None])
    assert made(tables) == ("tbl1", True)


def test_an_outcome_that_stays_unknown_is_raised_with_its_doubt() -> None:
    tables = Tables([LOST], [None])
    with pytest.raises(Retryable) as error:
        made(tables)
    assert error.value.effect_possible
    assert tables.did.count("create") == SENDS


def test_a_taken_name_that_nobody_lists_is_for_a_person() -> None:
    with pytest.raises(TableMismatch) as error:
        made(Tables([TAKEN], [None]))
    assert error.value.what_to_do == taken_cure(NAME)


@pytest.mark.parametrize("error", [NeedsPerson("no scope"), Throttled("slow down"), BadRequest("wrong", code=1254001)])
def test_a_refusal_comes_through_and_nothing_is_looked_up(error: LaikeError) -> None:
    tables = Tables([error], ["tbl1"])
    with pytest.raises(type(error)):
        made(tables)
    assert tables.did == ["create"]
