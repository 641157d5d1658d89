"""What the words of an unreadable record say, and that they know every key."""

import pytest

from pipeline.core.unreadable import NAME_MOST, RECORDS, Unreadable, record_of
from pipeline.state import keys
from tests.unit.pipeline.state.test_keys import table


def test_every_key_has_its_words_and_its_type() -> None:
    said = {keys.PREFIX + place: one.kind or "of any type" for place, one in RECORDS.items()}
    assert said == {key: kind_of(is_a) for key, (is_a, _, _) in table().items()}


def kind_of(is_a: str) -> str:
    """The type at the beginning of a cell."""
    kinds = ("sorted set", "set", "string", "counter", "hash", "stream", "list", "of any type")
    return next(kind for kind in kinds if is_a.startswith(kind))


@pytest.mark.parametrize("place", RECORDS)
def test_a_key_is_known_by_the_most_exact_place(place: str) -> None:
    assert record_of(keys.PREFIX + place) is RECORDS[place]


def test_the_words_name_the_record_what_it_holds_and_what_is_lost() -> None:
    error = Unreadable("laike:v1:table:tbl1:coverage:18", "2026-02-12", "no Loaded: rows")
    assert "the field 2026-02-12 of laike:v1:table:tbl1:coverage:18" in error.message
    assert "no Loaded: rows" in error.message
    for words in (error.what_to_do, error.for_maintainer):
        assert "“已入库的日期”" in words
        assert "laike:v1:table:tbl1:coverage:18（2026-02-12）" in words
    assert "删除这个字段（后果：无法区分数据订正与人工改动）" in error.for_maintainer


def test_a_name_that_was_written_by_hand_is_shown_short_and_without_control_characters() -> None:
    error = Unreadable("laike:v1:runs", "\x00" + "x" * 5 * NAME_MOST)
    assert "\x00" not in error.message
    assert len(error.message) < 5 * NAME_MOST


def test_of_a_key_that_no_table_names_nothing_is_known_and_nothing_is_put_away() -> None:
    assert record_of("laike:v1:of_tomorrow").kind == ""
    assert not record_of("laike:v1:of_tomorrow").made_again
