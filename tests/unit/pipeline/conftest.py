"""What settings are read from."""

from pathlib import Path

import pytest

from tests.lab import TOKEN_KEY

NEEDED = {
    "LAIKE_OCEANENGINE_APP_ID": "1",
    "LAIKE_OCEANENGINE_SECRET": "canary-1",
    "LAIKE_FEISHU_APP_ID": "cli_1",
    "LAIKE_FEISHU_APP_SECRET": "canary-2",
    "LAIKE_BITABLE_APP_TOKEN": "base",
    "LAIKE_BITABLE_TABLE_ID": "tbl1",
    "LAIKE_TOKEN_KEYS": TOKEN_KEY,
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """What is needed, and an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch
