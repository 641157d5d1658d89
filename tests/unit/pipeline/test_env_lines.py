"""`.env` is read as docker compose reads it."""

import pytest

from pipeline.env_lines import parse


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("plain # a comment", "plain"),
        ("plain#none", "plain#none"),
        ("  around  ", "around"),
        ("", ""),
        ('{"1": "城东店"}', '{"1": "城东店"}'),
        ("${X}-${X:-none}", "x-x"),
        ("${NONE:-a default}", "a default"),
        ("${EMPTY:-a default}${EMPTY-none}", "a default"),
        ("${ABOVE}", "above"),
        ("back\\slash", "back\\slash"),
        ('"double # ${X}"  # a comment', "double # x"),
        (r'"\"\\ \n \t \$X \q"', '"\\ \n \t $X \\q'),
        ("'single # ${X} $X $$'", "single # ${X} $X $$"),
        (r"'C:\new\\table\'s'", r"C:\new\\table's"),
        (r"'ends in \\'", r"ends in \\"),
        ("'two\nlines'", "two\nlines"),
        ("''", ""),
    ],
)
def test_a_value_is_what_compose_makes_of_it(written: str, value: str) -> None:
    environment = {"X": "x", "EMPTY": "", "ABOVE": "above"}
    found = parse(f"ABOVE=\nexport  NAME = {written}\nNEXT=next\n", environment)
    assert (found.values["NAME"], found.values["NEXT"]) == (value, "next")
    assert found.notes == []


def test_the_environment_goes_before_a_line_above() -> None:
    assert parse("X=above\nY=${X}", {"X": "outside"}).values["Y"] == "outside"
    assert parse("X=above\nY=${X}", {}).values["Y"] == "above"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way_and_blank_ones_and_comments_are_none(end: str) -> None:
    found = parse(end.join(["", "# a comment = none", "  ", "A=1", "\tB=2", "INHERITED", "C='3'"]), {})
    assert (found.values, found.notes) == ({"A": "1", "B": "2", "C": "3"}, [])


@pytest.mark.parametrize("line", ["two words", "A='open", 'A="open', "A='x'y", "=x", "'A'=x"])
def test_a_line_that_is_none_is_noted_by_its_number_alone_and_left_out(line: str) -> None:
    found = parse(f"B=1\n{line}\nC=2\n", {})
    assert found.values == {"B": "1", "C": "2"}
    assert found.notes == ["line 2 is no NAME=value, and left out"]


@pytest.mark.parametrize("written", ["canary$x", "canary$$", '"canary$x"', "${canary"])
def test_a_dollar_that_compose_would_replace_stays_and_is_noted_without_its_value(written: str) -> None:
    found = parse(f"A={written}", {})
    assert found.values["A"] == written.strip('"')
    assert found.notes == ["A holds a $ that compose replaces; in single quotes '…' a value stays as it is"]


def test_what_is_not_set_is_nothing_and_noted() -> None:
    found = parse("A=a${NONE}b", {})
    assert found.values["A"] == "ab"
    assert found.notes == [
        "A holds ${NONE}, which is not set and therefore nothing; in single quotes '…' a value stays as it is"
    ]


@pytest.mark.parametrize("written", ["${X:-${Y}}", "a${X-b$c${Y:-d}}", '"${X:-${Y}}"', "${X:-" * 13_000])
def test_a_reference_within_another_stays_as_it_stands_and_is_noted(written: str) -> None:
    found = parse(f"A={written}\nB=${{X}}", {"X": "x", "Y": "y"})
    assert found.values == {"A": written.strip('"'), "B": "x"}
    assert found.notes == ["A holds ${…} within ${…}, which is not supported: it stays as it stands"]


def test_a_default_may_hold_a_dollar_and_an_escaped_reference_is_none() -> None:
    found = parse('A=${NONE:-a$b}\nB="\\${X:-${Y}"', {"Y": "y"})
    assert found.values == {"A": "a$b", "B": "${X:-y"}
