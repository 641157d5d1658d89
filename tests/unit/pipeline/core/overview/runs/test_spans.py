"""Events of a run as spans with times."""

from typing import Any

from pipeline.core.overview.runs.spans import TROUBLE, calls_of, spans_of
from pipeline.core.runs.flow import FETCH, LOAD


def event(at: int, name: str, **facts: Any) -> dict[str, str]:  # noqa: ANN401 an event's own facts
    return {"at": str(at), "event": name, **{key: str(value) for key, value in facts.items()}}


PLANNED = event(1000, "planned", accounts=1, days=1)


def test_without_events_there_are_no_spans() -> None:
    assert spans_of([]) == []


def test_a_step_that_says_how_long_it_took_began_so_long_before_its_end() -> None:
    told = event(3100, "fetched", batch=0, account="18", ms=1500, calls="report/account 1, report/promotion 2")
    (span,) = spans_of([PLANNED, event(1500, "fetching", batch=0, account="18"), told | {"retries": "1"}])
    assert (span.step, span.account_id, span.batch) == (FETCH, "18", 0)
    assert (span.began_ms, span.ended_ms, span.took_ms) == (600, 2100, 1500)
    assert (span.calls, span.retries) == ({"report/account": 1, "report/promotion": 2}, 1)


def test_one_that_does_not_say_it_began_with_its_first_event_or_else_at_its_end() -> None:
    loading, loaded = event(2000, "loading", batch=0), event(2500, "loaded", batch=0)
    assert [(one.began_ms, one.ended_ms) for one in spans_of([PLANNED, loading, loaded])] == [(1000, 1500)]
    assert [(one.began_ms, one.ended_ms) for one in spans_of([PLANNED, loaded])] == [(1500, 1500)]


def test_a_step_without_an_end_is_under_way_and_comes_last() -> None:
    load, fetch = spans_of(
        [PLANNED, event(1100, "fetching", batch=0, account="18"), event(1200, "loaded", batch=0, reason="")]
    )
    assert (load.step, load.ended_ms) == (LOAD, 200)
    assert (fetch.step, fetch.ended_ms, fetch.until(700), fetch.until(0)) == (FETCH, None, 700, 100)


def test_each_try_is_a_span_of_its_own() -> None:
    tries = spans_of(
        [
            PLANNED,
            event(1100, "fetching", batch=0, account="18"),
            event(1900, "postponed", batch=0, account="18", reason="throttled"),
            event(5000, "fetching", batch=0, account="18"),
            event(6000, "fetched", batch=0, account="18", state="loaded"),
        ]
    )
    assert [(one.event, one.began_ms, one.ended_ms) for one in tries] == [
        ("postponed", 100, 900),
        ("fetched", 4000, 5000),
    ]
    assert tries[0].facts == {"reason": "throttled"}


def test_an_unforeseen_error_has_its_step_and_reason_as_facts() -> None:
    (span,) = spans_of([PLANNED, event(1200, "broke", step="load.0", reason="KeyError")])
    assert (span.step, span.facts) == (TROUBLE, {"step": "load.0", "reason": "KeyError"})


def test_an_event_of_another_release_is_left_out_and_odd_counts_of_calls_too() -> None:
    (span,) = spans_of([PLANNED, event(1, "unheard_of"), event(1200, "loaded", batch=0, calls="a, b x, c 2")])
    assert span.calls == {"c": 2}
    assert calls_of([span, span]) == {"c": 4}
