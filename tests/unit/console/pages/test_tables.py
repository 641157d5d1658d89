from console.pages.tables import FAULTS, STATES
from pipeline.core.rollover.repair import Kind
from pipeline.core.rollover.tables import State


def test_every_state_and_every_fault_has_its_words() -> None:
    assert STATES.keys() == set(State)
    assert FAULTS.keys() == set(Kind)
    assert all(says and mends for says, mends in FAULTS.values())
