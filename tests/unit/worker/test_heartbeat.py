"""The file that is touched: what cannot be touched is told once, and what can never be is refused at the start."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipeline.core.errors import WrongInput
from worker.heartbeat import beat
from worker.process import require_file


def test_a_file_that_cannot_be_touched_is_told_once_until_it_can(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "heartbeat"
    with capture_logs() as lines:
        beat(file)
        beat(file)
        file.parent.mkdir()
        beat(file)
        assert file.exists()
        file.unlink()
        file.parent.rmdir()
        beat(file)
    assert [(line["event"], line["why"]) for line in lines] == [
        ("heartbeat_file_not_touched", "No such file or directory")
    ] * 2


@pytest.mark.parametrize(
    ("name", "told"),
    [("no/such/x", "there is no folder .*no/such"), ("/dev/null/x", "there is no folder /dev/null"), (".", "a folder")],
)
def test_a_file_that_can_never_be_is_refused_by_the_name_of_its_variable(
    name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongInput, match=f"^LAIKE_BEAT_FILE: .*{told}"):
        require_file("LAIKE_BEAT_FILE", Path(name))


def test_a_file_that_can_be_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    require_file("LAIKE_BEAT_FILE", Path("beat-schedule"))
    assert list(tmp_path.iterdir()) == []
