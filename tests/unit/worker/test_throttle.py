"""Attempts at a login wait the longer the more of them failed; nobody else waits."""

from worker.throttle import FORGOTTEN_S, LONGEST_S, PATIENCE_S, REMEMBERED, Throttle


class Clock:
    """Goes when it is told to."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_who_never_failed_does_not_wait() -> None:
    throttle = Throttle(Clock())
    assert [throttle.wait_s("a") for _ in range(100)] == [0.0] * 100


def test_each_failure_doubles_the_pause_up_to_a_longest_one_for_that_address_alone() -> None:
    clock, waits = Clock(), []
    throttle = Throttle(clock)
    for _ in range(8):
        waits.append(throttle.wait_s("a") or 0.0)
        clock.at += waits[-1]
        throttle.failed("a")
    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, LONGEST_S, LONGEST_S]
    assert throttle.wait_s("b") == 0.0


def test_attempts_at_the_same_time_are_looked_at_one_after_the_other_and_no_more_than_can_wait() -> None:
    throttle = Throttle(Clock())
    throttle.failed("a")
    waits = [throttle.wait_s("a") for _ in range(1000)]
    found = [wait for wait in waits if wait is not None]
    assert found == [0.5 * n for n in range(1, len(found) + 1)]
    assert max(found) <= PATIENCE_S
    assert waits[len(found) :] == [None] * (1000 - len(found))


def test_failures_are_forgotten_by_the_right_login_and_by_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    throttle.failed("a")
    throttle.passed("a")
    assert throttle.wait_s("a") == 0.0
    throttle.failed("a")
    clock.at += FORGOTTEN_S + 1
    assert throttle.wait_s("a") == 0.0
    assert throttle.failed("a") == 1


def test_the_memory_of_addresses_has_an_end() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for number in range(2 * REMEMBERED):
        clock.at += 1
        throttle.failed(str(number))
    assert len(throttle._failures) == REMEMBERED
    assert throttle.failed(str(2 * REMEMBERED - 1)) == 2
