"""Which examples: the same ones every time, unless asked."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the property tests, where only they are run."""
    parser.addoption("--first-seed", type=int, help="other examples: any number")
