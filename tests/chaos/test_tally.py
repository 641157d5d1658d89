"""The table of the chaos tests counts what was hit."""

from tests.chaos.seeds import PHASES, Draw, Kind, Phase, phase_of
from tests.chaos.tally import MANY, OFTEN, Hit, lines, thin


def hits(phase: Phase, count: int) -> list[Hit]:
    """So many hits of a phase."""
    return [Hit(seed, Kind.KILL_WORKER, phase, float(seed)) for seed in range(count)]


def test_a_line_says_how_often_how_long_and_which_seed_was_slowest() -> None:
    told = list(lines(hits(Phase.LOADING, 3)))
    assert told[2].split() == ["kill", "worker", *"····3·····", "3", "1.0", "2.0", "(seed", "2)"]
    assert [line.split()[0] for line in told[2:]] == ["kill", "all"]


def test_without_seeds_there_is_no_table() -> None:
    assert list(lines([])) == []


def test_a_phase_that_many_seeds_hit_too_seldom_is_named() -> None:
    often = [hit for phase in PHASES for hit in hits(phase, MANY)]
    assert thin(often) == []
    seldom = [hit for hit in often if hit.phase != Phase.VIEWS] + hits(Phase.VIEWS, OFTEN - 1)
    assert thin(seldom) == [Phase.VIEWS]
    assert list(lines(seldom))[-1] == "hit fewer than 5 times: views"


def test_few_seeds_need_not_meet_every_phase() -> None:
    assert thin(hits(Phase.LOADING, MANY - 1)) == []


def test_ninety_seeds_meet_each_kind_in_each_phase() -> None:
    draws = [Draw.of(seed, 3.0) for seed in range(90)]
    assert {(draw.kind, draw.phase) for draw in draws} == {(kind, phase) for kind in Kind for phase in PHASES}


def test_a_seed_draws_the_same_fault_again() -> None:
    assert [Draw.of(seed, 3.0) for seed in range(20)] == [Draw.of(seed, 3.0) for seed in range(20)]


def test_a_phase_is_what_the_events_have_reached() -> None:
    assert phase_of(set()) == Phase.SENT
    assert phase_of({"planned", "fetching", "fetched"}) == Phase.FETCHING
    assert phase_of({"fetching", "table_read"}) == Phase.TABLE_READ
    assert phase_of({"loading", "loaded", "verifying"}) == Phase.VERIFYING
    assert phase_of({"loaded", "verifying", "verified"}) == Phase.FINISHING
    assert phase_of({"loaded", "verified", "finished"}) == Phase.VIEWS
    assert phase_of({"verified", "finished", "views_checked"}) == Phase.OVER
