"""Lines of `.env`: ours are set, others stay byte for byte."""

import stat
from pathlib import Path

import pytest

from pipeline.core.errors import LaikeError, WrongInput
from pipeline.state.envfile import open_to_others, with_values, write


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "A=1\n"),
        ("B=2\n", "B=2\nA=1\n"),
        ("B=2", "B=2\nA=1\n"),
        ("A=\nB=2\n", "A=1\nB=2\n"),
        ("A=0\nA=\n", "A=0\nA=1\n"),
        ("export A =\r\nB=2\r\n", "export A =1\r\nB=2\r\n"),
        ("# A=\nAA=3\n", "# A=\nAA=3\nA=1\n"),
        ("A_FILE=x\n", "A_FILE=x\nA=1\n"),
    ],
)
def test_a_variable_is_set_where_it_stands_or_at_the_end(before: str, after: str) -> None:
    assert with_values(before, {"A": "1"}) == after


def test_the_file_is_its_owners_alone_from_the_beginning(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("B=2\n", encoding="utf-8")
    file.chmod(0o640)
    assert open_to_others(file)
    write(file, {"A": "1"})
    assert file.read_text(encoding="utf-8") == "B=2\nA=1\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not open_to_others(file)
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_folder_that_takes_nothing_is_told_by_the_names_that_are_not_set(tmp_path: Path) -> None:
    with pytest.raises(LaikeError, match="LAIKE_X not set") as caught:
        write(tmp_path / "nowhere" / ".env", {"LAIKE_X": "canary"})
    assert "canary" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_byte_order_mark_hides_no_variable(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=0\nB=2\n", encoding="utf-8-sig")
    write(file, {"A": "1"})
    assert file.read_bytes() == b"A=1\nB=2\n"


def test_a_file_that_is_no_text_is_named_and_stays(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("A=城".encode("gbk"))
    with pytest.raises(WrongInput, match="save it as UTF-8"):
        write(file, {"A": "1"})
    assert file.read_bytes() == "A=城".encode("gbk")
