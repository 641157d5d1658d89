import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.text import LONGEST_LINE, SIGN, encodable, one_line, visible, visible_lines, whole_characters

# with lone surrogates, which hypothesis leaves out of itself
ANY = st.text(st.characters() | st.sampled_from("\ud800\udfff\x00\x1b\n\r\x85\u2028\u202e\u2067\u200f"))


@given(ANY)
def test_whatever_is_said_becomes_one_line_that_can_be_written(said: str) -> None:
    line = one_line(said)
    assert len(line.splitlines()) <= 1
    assert len(line) <= LONGEST_LINE
    assert not set(line) & set("\x00\x1b\n\r\x85\u2028\u202e\u2067\u200f")
    assert line.encode().decode() == line
    assert one_line(line) == line


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=LONGEST_LINE))
def test_a_name_of_letters_stays_as_it_is(name: str) -> None:
    assert one_line(name) == (name if name.strip() else "")


@given(ANY)
def test_what_is_encodable_stays(text: str) -> None:
    whole = encodable(text)
    whole.encode()
    assert [one for one in whole if one != "\ufffd"] == [
        one for one in text if not "\ud800" <= one <= "\udfff" and one != "\ufffd"
    ]


@given(st.dictionaries(ANY, st.lists(ANY | st.none() | st.integers()) | ANY))
def test_a_document_has_whole_characters_after_it(document: dict[str, object]) -> None:
    text = json.dumps(document)
    json.dumps(whole_characters(json.loads(text), text), ensure_ascii=False).encode()


def test_what_is_no_text_is_no_name() -> None:
    nothing: list[object] = [None, 5, {}, [], " \u3000\n", ""]
    assert [one_line(said) for said in nothing] == [""] * 6


def test_what_acts_is_one_sign_and_what_is_read_stays() -> None:
    assert visible("店 [/nope] é 👨‍👩‍👧") == "店 [/nope] é 👨‍👩‍👧"
    assert visible("a\x1b[2J\r\nb\u202e\ud83d") == f"a{SIGN}[2J{SIGN}{SIGN}b{SIGN}{SIGN}"


def test_a_text_of_several_lines_keeps_them() -> None:
    assert visible_lines("a\x07\n  b\r\n") == f"a{SIGN}\n  b{SIGN}\n"
