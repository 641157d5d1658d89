"""How many examples, and which: the same ones every time, unless asked."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the property tests, where only they are run."""
    parser.addoption("--examples", type=int, help="examples of each test, instead of the usual 500")
    parser.addoption("--first-seed", type=int, help="other examples: any number")
