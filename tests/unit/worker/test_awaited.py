"""A worker whose table is still to be made."""

from pathlib import Path

import pytest

from tests.unit.pipeline.conftest import NEEDED
from worker import awaited


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """Everything is set but the table; the set-up makes it in the third pause."""
    made: list[float] = []

    def pause(seconds: float) -> None:
        made.append(seconds)
        if len(made) == 3:
            Path("table").write_text("base tblMade\n", encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("worker.awaited.time.sleep", pause)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LAIKE_BITABLE_TABLE_ID", "")
    monkeypatch.setenv("LAIKE_TABLE_FILE", "table")
    monkeypatch.setenv("LAIKE_HEARTBEAT_FILE", "heartbeat")
    return made


def test_it_waits_until_the_table_is_there_says_so_once_and_counts_as_well(
    pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    awaited.await_table()
    assert len(pauses) == 3
    assert capsys.readouterr().err.count("waiting for the table") == 1
    assert Path("heartbeat").exists()


@pytest.mark.parametrize("name", ["LAIKE_FEISHU_APP_SECRET", "LAIKE_TABLE_FILE"])
def test_it_does_not_wait_where_more_is_missing_or_nobody_can_bring_it(
    name: str, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "")
    awaited.await_table()
    assert pauses == []
