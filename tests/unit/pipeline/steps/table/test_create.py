"""A create whose answer is lost: each row is there once, and nothing is sent again without a look-up."""

from collections.abc import Sequence

import pytest

from pipeline.core.errors import NeedsPerson, Retryable
from pipeline.steps.table.create import GENERATIONS, SENDS, client_token, create_surely

LOST = Retryable("no answer", effect_possible=True)
REFUSED = Retryable("not taken", effect_possible=False)


class Table:
    """Creates rows; loses the answer or the write as often as it is told, and answers a token that it saw as it did."""

    def __init__(self, *seen: str, answers_lost: int = 0, writes_lost: int = 0) -> None:
        self.seen, self.answers_lost, self.writes_lost = set(seen), answers_lost, writes_lost
        self.rows, self.did, self.others = list[int](), list[str](), list[int]()

    def name(self, _: Sequence[int]) -> str:
        return "plan"

    def send(self, rows: Sequence[int], token: str) -> None:
        self.did.append(token)
        if self.writes_lost:
            self.writes_lost -= 1
            raise LOST
        if token not in self.seen:
            self.seen.add(token)
            self.rows += rows
        if self.answers_lost:
            self.answers_lost -= 1
            raise LOST

    def absent(self, rows: Sequence[int]) -> list[int]:
        self.did.append("look")
        return [row for row in rows if row not in [*self.rows, *self.others]]

    def pause(self, _: float) -> None:
        self.did.append("wait")


FIRST, SECOND = client_token("plan", 0), client_token("plan", 1)
LOOK = ["wait", "look"]


def test_an_answer_to_what_was_sent_for_the_first_time_is_believed() -> None:
    table = Table()
    create_surely(table, [1, 2])
    assert (table.rows, table.did) == ([1, 2], [FIRST])


def test_what_may_have_been_sent_before_is_looked_up() -> None:
    table = Table()
    create_surely(table, [1, 2], again=True)
    assert (table.rows, table.did) == ([1, 2], [FIRST, *LOOK])


def test_what_is_answered_as_before_and_is_not_there_is_sent_under_another_token() -> None:
    table = Table(FIRST)
    create_surely(table, [1, 2], again=True)
    assert (table.rows, table.did) == ([1, 2], [FIRST, *LOOK, FIRST, *LOOK, SECOND, *LOOK])


def test_rows_whose_answer_was_lost_are_looked_up_and_not_sent_again() -> None:
    table = Table(answers_lost=1)
    create_surely(table, [1, 2])
    assert (table.rows, table.did) == ([1, 2], [FIRST, *LOOK])


def test_rows_that_were_lost_are_sent_again_under_the_same_token() -> None:
    table = Table(writes_lost=1)
    create_surely(table, [1, 2])
    assert (table.rows, table.did) == ([1, 2], [FIRST, *LOOK, FIRST, *LOOK])


def test_of_rows_that_others_wrote_in_part_the_missing_ones_are_sent_under_a_name_of_their_own() -> None:
    table = Table(writes_lost=1)
    table.others = [1]
    create_surely(table, [1, 2])
    assert (table.rows, table.did) == ([2], [FIRST, *LOOK, client_token("plan 1", 1), *LOOK])


def test_rows_that_never_appear_are_an_error_whose_effect_is_possible() -> None:
    table = Table(writes_lost=99)
    with pytest.raises(Retryable, match="2 rows are still not there after 3 client tokens: no answer") as caught:
        create_surely(table, [1, 2])
    assert caught.value.effect_possible
    assert table.did.count("look") == GENERATIONS * SENDS


@pytest.mark.parametrize("error", [REFUSED, NeedsPerson("no permission")])
def test_a_refusal_that_had_no_effect_is_not_looked_up(error: Exception) -> None:
    class Refusing(Table):
        def send(self, *_: object) -> None:
            raise error

    table = Refusing()
    with pytest.raises(type(error)):
        create_surely(table, [1])
    assert table.did == []
