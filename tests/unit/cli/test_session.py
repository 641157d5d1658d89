"""How a command opens its context."""

import gc
import os
from pathlib import Path

import pytest

from cli.session import opened
from pipeline.core.errors import WrongInput


def test_the_collector_works_again_once_a_command_has_its_modules(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("LAIKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    gc.disable()  # as `laike` begins
    try:
        with pytest.raises(WrongInput, match="settings are missing"), opened():
            pass
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
