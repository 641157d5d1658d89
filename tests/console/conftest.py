"""The console over HTTP."""

from collections.abc import Iterator

import pytest

from tests.console_desk import Desk
from tests.lab import Lab


@pytest.fixture
def desk(lab: Lab) -> Iterator[Desk]:
    """The console on an emulator just reset and an empty Redis, with the token taken over."""
    with Desk(lab) as made:
        yield made
