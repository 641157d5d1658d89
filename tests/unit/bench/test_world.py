"""What the emulator's log says of a lap."""

from bench.world import Answered, Log


def test_the_log_counts_calls_and_knows_the_last_answer_about_a_table() -> None:
    log = Log(
        (
            Answered("records.search", 10.0, 11.0, "tbl1"),
            Answered("records.search", 14.0, 15.0, "tbl1"),
            Answered("records.search", 16.0, 17.0, "tblOther"),
        ),
        quota=3,
    )
    assert log.counts() == {"records.search": 3}
    assert log.last_answer("records.search", "tbl1") == 15.0
