"""Batches: as large as the service takes, without the rows that it refuses, in a bounded number of calls."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clients.feishu.records import BatchSize
from pipeline.core.errors import BatchTooLarge, LaikeError, Retryable, RowRefused, RowVanished
from pipeline.steps.table.write import BISECTING_CALLS_MAX, Bisection, until_known, write_batches


class Service:
    """Takes batches of at most so many rows, none of them bad."""

    def __init__(self, bad: set[int] | None = None, most: int = 1000) -> None:
        self.bad, self.most = bad or set(), most
        self.calls: list[int] = []
        self.written: list[int] = []

    def write(self, rows: Sequence[int]) -> None:
        self.calls.append(len(rows))
        if len(rows) > self.most:
            raise BatchTooLarge("code 1254104")
        if self.bad & set(rows):
            raise RowRefused("code 1254061")
        self.written += rows


def test_batches_are_of_a_thousand() -> None:
    service = Service()
    write_batches(range(2400), BatchSize(), service.write)
    assert service.calls == [1000, 1000, 400]
    assert service.written == list(range(2400))


def test_a_service_that_takes_500_is_asked_for_more_only_once() -> None:
    service, size = Service(most=500), BatchSize()
    write_batches(range(1200), size, service.write)
    write_batches(range(1200, 2000), size, service.write)
    assert service.calls == [1000, 500, 500, 200, 500, 300]
    assert service.written == list(range(2000))


def test_a_service_that_takes_not_even_500_is_an_error() -> None:
    with pytest.raises(BatchTooLarge):
        write_batches(range(600), BatchSize(), Service(most=100).write)


@given(st.integers(0, 999))
def test_one_bad_row_among_a_thousand_is_found_and_the_others_are_written(bad: int) -> None:
    service = Service({bad})
    bisection: Bisection[int] = Bisection()
    bisection.write(range(1000), service.write)
    assert [row for row, _ in bisection.refused] == [bad]
    assert sorted(service.written) == [row for row in range(1000) if row != bad]
    assert len(service.calls) == bisection.calls <= BISECTING_CALLS_MAX


@given(st.sets(st.integers(0, 2999), max_size=60))
def test_however_many_are_bad_the_calls_are_bounded_and_no_row_is_lost_or_doubled(bad: set[int]) -> None:
    service = Service(bad)
    bisection: Bisection[int] = Bisection()
    write_batches(range(3000), BatchSize(), lambda batch: bisection.write(batch, service.write))
    refused = [row for row, _ in bisection.refused]
    assert bad <= set(refused)
    assert sorted([*service.written, *refused]) == list(range(3000))
    assert bisection.calls <= BISECTING_CALLS_MAX + 2  # a later batch that is refused is one call, and then given up


def test_a_batch_without_a_bad_row_costs_one_call_and_none_of_the_forty() -> None:
    bisection: Bisection[int] = Bisection(BISECTING_CALLS_MAX)
    service = Service()
    bisection.write(range(1000), service.write)
    assert (service.calls, bisection.calls, bisection.refused) == ([1000], BISECTING_CALLS_MAX, [])


class Work:
    """Fails as it is told, then returns; counts how often it was done."""

    def __init__(self, *errors: LaikeError) -> None:
        self.errors, self.done = list(errors), 0

    def __call__(self) -> str:
        self.done += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


LOST = Retryable("no answer", effect_possible=True)
VANISHED = RowVanished("a person deleted the row")


@pytest.mark.parametrize("errors", [(), (LOST,), (VANISHED, LOST)])
def test_work_whose_outcome_is_unknown_is_done_again(errors: tuple[LaikeError, ...]) -> None:
    work, waits = Work(*errors), list[float]()
    assert until_known(work, waits.append) == "done"
    assert (work.done, len(waits)) == (len(errors) + 1, len(errors))


def test_work_whose_outcome_stays_unknown_is_given_up() -> None:
    work = Work(LOST, LOST, LOST, LOST)
    with pytest.raises(Retryable):
        until_known(work, lambda _: None)
    assert work.done == 3


@pytest.mark.parametrize("error", [Retryable("not taken", effect_possible=False), BatchTooLarge("code 1254104")])
def test_work_that_was_refused_is_not_done_again(error: LaikeError) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        until_known(work, lambda _: None)
    assert work.done == 1
