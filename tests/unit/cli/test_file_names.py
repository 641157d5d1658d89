"""Commands that take a file say that its name is needed where it is empty, as of a variable that is not set."""

from collections.abc import Callable

import pytest

from cli.table.backup import restore
from cli.token import import_
from pipeline.core.errors import WrongInput


@pytest.mark.parametrize(
    "command", [lambda name: restore(name, None, dry_run=True, yes=False), import_], ids=["restore", "token import"]
)
def test_an_empty_file_name_is_named(command: Callable[[str], object]) -> None:
    with pytest.raises(WrongInput, match="a file name is needed: what was given is empty"):
        command("")
