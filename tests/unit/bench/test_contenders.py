"""What contenders say, without what differs from run to run."""

import pytest

from bench.contenders import error_of, words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("error: load 1796045149.86 failed", "error: load … failed"),
        ("`ConnectionError`: 0a1b2c3d4e5f6789 | gone", "'ConnectionError': … / gone"),
        ("partial: 门店17 (40002)", "partial: 门店17 (40002)"),
        ("x" * 200, "x" * 90 + " …"),
    ],
)
def test_words_have_no_ids_no_marks_and_an_end(said: str, shown: str) -> None:
    assert words(said) == shown


def test_the_error_of_a_trace_is_the_last_line_that_names_one() -> None:
    trace = [
        "Traceback (most recent call last):",
        '  File "peer.py", line 1, in <module>',
        "ValueError: first",
        "dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed",
        "Look at the log.",
    ]
    assert error_of(trace) == "dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed"
    assert error_of(["it just stopped"]) == "it just stopped"
    assert error_of([]) == ""
