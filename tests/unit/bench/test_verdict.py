"""What a contender left, by the emulator's rows and the source's figures."""

from bench.verdict import Verdict, verdict

MONDAY, TUESDAY = 1, 2
WANTED = [(MONDAY, "11"), (MONDAY, "12"), (TUESDAY, "11")]
WHOLE = {"rec1": (MONDAY, "11"), "rec2": (MONDAY, "12"), "rec3": (TUESDAY, "11")}


def test_a_table_with_each_row_once_is_right() -> None:
    assert verdict(WANTED, WHOLE, WHOLE) == Verdict(lost=0, doubled=0, replaced=0)


def test_a_row_that_is_not_there_is_lost() -> None:
    left = {"rec1": (MONDAY, "11")}
    assert verdict(WANTED, left, left) == Verdict(lost=2, doubled=0, replaced=0)


def test_each_row_beyond_the_first_of_a_key_is_one_too_many() -> None:
    more = {**WHOLE, "rec4": (MONDAY, "11"), "rec5": (MONDAY, "11"), "rec6": (TUESDAY, "11")}
    assert verdict(WANTED, WHOLE, more) == Verdict(lost=0, doubled=3, replaced=0)


def test_rows_of_others_are_neither_lost_nor_doubled() -> None:
    others = {"rec8": (MONDAY, "99"), "rec9": (MONDAY, "99")}
    assert verdict(WANTED, {}, {**WHOLE, **others}) == Verdict(lost=0, doubled=0, replaced=0)


def test_a_row_in_the_place_of_another_is_made_anew_though_nothing_is_lost() -> None:
    anew = {"rec7": (MONDAY, "11"), "rec8": (MONDAY, "12"), "rec3": (TUESDAY, "11")}
    assert verdict(WANTED, WHOLE, anew) == Verdict(lost=0, doubled=0, replaced=2)
