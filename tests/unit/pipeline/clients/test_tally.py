"""A step's tally: calls by endpoint, repetitions, waiting."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.clients.tally import Tally, endpoint

BITABLE = "/open-apis/bitable/v1/apps/bascnLaikeDemo7c2e"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/open_api/v3.0/local/report/promotion/get/", "report/promotion"),
        (f"{BITABLE}/tables/tbl7c2e0000001/records/search", "records/search"),
        (f"{BITABLE}/tables/tbl7c2e0000001/fields", "tables/fields"),
        (f"{BITABLE}/tables/tbl7c2e0000001/views/vewabcdefgh", "tables/views"),
        (f"{BITABLE}/tables", "apps/tables"),
        (BITABLE, "v1/apps"),
    ],
)
def test_an_endpoint_is_named_without_ids(path: str, name: str) -> None:
    assert endpoint(path) == name


def test_calls_beyond_what_was_asked_for_are_retries_and_what_is_zero_is_not_told() -> None:
    tally = Tally()
    assert tally.facts().keys() == {"ms"}
    tally.ask("/report/promotion/get/")
    for _ in range(3):
        tally.call("/report/promotion/get/", 0.25)
    facts = tally.facts()
    assert {name: facts[name] for name in ("calls", "retries", "waited_ms")} == {
        "calls": "report/promotion 3",
        "retries": 2,
        "waited_ms": 750,
    }


def test_what_was_asked_for_and_never_called_is_no_retry() -> None:
    tally = Tally()
    tally.ask("/a/b")
    assert "retries" not in tally.facts()


def test_threads_count_together() -> None:
    tally = Tally()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(500):
            pool.submit(tally.call, "/a/b")
    assert tally.facts()["calls"] == "a/b 500"


def test_a_step_counts_for_itself_and_for_the_whole_process() -> None:
    whole = Tally()
    for _ in range(2):
        step = Tally(whole)
        step.ask("/a/b")
        step.call("/a/b")
        assert step.facts()["calls"] == "a/b 1"
    assert whole.facts()["calls"] == "a/b 2"


def test_each_call_and_retry_is_handed_out_once_unless_it_could_not_be_kept() -> None:
    tally = Tally()
    tally.ask("/a/b")
    tally.call("/a/b")
    tally.call("/a/b")
    spent = tally.take()
    assert (spent.calls, spent.retries) == ({"a/b": 2}, {"a/b": 1})
    assert not tally.take().calls
    tally.give_back(spent)
    tally.ask("/c/d")
    tally.call("/c/d")
    again = tally.take()
    assert (again.calls, again.retries) == ({"a/b": 2, "c/d": 1}, {"a/b": 1})


def test_a_request_that_was_not_sent_yet_is_no_retry_later() -> None:
    tally = Tally()
    tally.ask("/a/b")
    assert not tally.take().retries
    tally.call("/a/b")
    assert not tally.take().retries


def test_waiting_for_the_writer_lock_is_told_unless_it_was_free() -> None:
    tally = Tally()
    tally.lock(0.01)
    assert "locked_ms" not in tally.facts()
    tally.lock(1.5)
    assert tally.facts()["locked_ms"] == 1500
