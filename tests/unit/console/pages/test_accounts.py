from console.pages.accounts import SKIPPED, USES
from pipeline.core.accounts.roster import Why
from pipeline.core.overview.registers.accounts import Use


def test_every_state_and_every_reason_has_its_words() -> None:
    assert USES.keys() == set(Use)
    assert SKIPPED.keys() == set(Why)
