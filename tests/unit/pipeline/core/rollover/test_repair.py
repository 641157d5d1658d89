"""What is wrong between the registry, Redis and the base, what mending does, and which day is refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.core.chain import Chain, PhysicalTable, alone
from pipeline.core.rollover.repair import (
    AHEAD_DAYS,
    Fault,
    Faults,
    Kind,
    coming_day,
    faults_of,
    gone,
    mended,
    refusal,
    too_many,
)

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
A = PhysicalTable("tblA", None, "广告日报", "recA")
B = PhysicalTable("tblB", MAY, "广告日报 2026-05", "recB")
C = PhysicalTable("tblC", JUNE, "广告日报 2026-06", "recC")
TOLD = PhysicalTable("", JULY, "广告日报 2026-07", "recT")
WHOLE = Chain((A, B, C), registry="tblR")
IDS = {"tblA", "tblB", "tblC", "tblR"}


def found(
    remembered: Chain,
    registered: Chain | None,
    present: set[str] = IDS,
    *,
    named: str = "tblA",
    broken: str | None = None,
) -> Faults:
    faults = faults_of(remembered, registered, present, named=named, broken=broken)
    return Faults(remembered, registered, frozenset(present), faults)


def kinds(faults: Faults) -> list[tuple[Kind, str]]:
    return [(one.kind, one.table.table_id) for one in faults.faults]


def test_where_all_agree_nothing_is_wrong_and_mending_changes_nothing() -> None:
    faults = found(WHOLE, WHOLE)
    assert faults.none
    assert mended(faults) == WHOLE
    assert gone(faults) == ()


def test_a_table_alone_without_a_registry_is_right() -> None:
    assert found(alone("tblA"), None).none


def test_another_name_and_another_announcement_are_no_faults() -> None:
    renamed = replace(WHOLE, tables=(A, replace(B, name="五月"), C), announced=TOLD)
    assert found(WHOLE, renamed).none


def test_what_redis_forgot_is_taken_from_the_registry() -> None:
    faults = found(alone("tblA"), replace(WHOLE, announced=TOLD))
    assert kinds(faults) == [(Kind.FORGOTTEN, "tblA"), (Kind.FORGOTTEN, "tblB"), (Kind.FORGOTTEN, "tblC")]
    assert mended(faults) == replace(WHOLE, announced=TOLD)


def test_a_successor_that_redis_lacks_is_taken_and_its_announcement_ends() -> None:
    remembered = Chain((A, B), announced=replace(C, table_id=""), registry="tblR")
    faults = found(remembered, replace(WHOLE, announced=replace(C, table_id="")))
    assert kinds(faults) == [(Kind.FORGOTTEN, "tblC")]
    assert mended(faults) == WHOLE


def test_a_row_that_is_gone_is_written_again() -> None:
    faults = found(WHOLE, Chain((A, C), registry="tblR"))
    assert kinds(faults) == [(Kind.UNREGISTERED, "tblB")]
    assert mended(faults).tables == (A, replace(B, record_id=""), C)


def test_the_row_of_the_first_table_is_written_again() -> None:
    faults = found(WHOLE, Chain((replace(A, record_id=""), B, C), registry="tblR"))
    assert kinds(faults) == [(Kind.UNREGISTERED, "tblA")]
    assert mended(faults).tables[0] == replace(A, record_id="")


def test_a_registry_that_is_gone_is_made_again_with_every_row() -> None:
    faults = found(WHOLE, None, {"tblA", "tblB", "tblC"})
    assert [kind for kind, _ in kinds(faults)] == [Kind.UNREGISTERED] * 3
    assert [table.record_id for table in mended(faults).tables] == ["", "", ""]


def test_a_first_day_that_somebody_changed_becomes_the_one_by_which_days_were_loaded() -> None:
    moved = replace(WHOLE, tables=(A, B, replace(C, first=JUNE + timedelta(days=9))))
    faults = found(WHOLE, moved)
    assert kinds(faults) == [(Kind.OTHER_DAY, "tblC")]
    assert mended(faults) == WHOLE


def test_a_deleted_table_is_taken_out_and_its_days_belong_to_the_one_before() -> None:
    faults = found(WHOLE, WHOLE, IDS - {"tblB"})
    assert kinds(faults) == [(Kind.ABSENT, "tblB")]
    assert faults.absent
    assert gone(faults) == (B,)
    assert mended(faults).tables == (A, C)
    assert mended(faults).table_of(MAY) == "tblA"


def test_a_first_table_that_is_deleted_needs_another_one_in_the_settings() -> None:
    faults = found(WHOLE, WHOLE, IDS - {"tblA"})
    assert kinds(faults) == [(Kind.ABSENT, "tblA"), (Kind.UNCLEAR, "tblA")]
    assert faults.unclear
    assert "LAIKE_BITABLE_TABLE_ID to tblB" in faults.faults[-1].detail


def test_with_another_one_in_the_settings_the_next_table_has_no_lower_bound() -> None:
    faults = found(WHOLE, WHOLE, IDS - {"tblA"}, named="tblB")
    assert not faults.unclear
    assert mended(faults).tables == (replace(B, first=None), C)
    assert mended(faults).root == "tblB"


def test_where_no_table_is_left_a_person_must_act() -> None:
    assert found(WHOLE, WHOLE, {"tblR"}).unclear
    assert found(alone("tblA"), None, set()).unclear


def test_two_tables_of_one_first_day_are_for_a_person() -> None:
    other = PhysicalTable("tblX", JUNE, "又一张", "recX")
    faults = found(WHOLE, Chain((A, B, other), registry="tblR"), IDS | {"tblX"})
    assert faults.unclear
    assert (Kind.UNCLEAR, "tblX") in kinds(faults)


def test_a_registry_that_contradicts_itself_is_for_a_person_only_while_redis_remembers_nothing() -> None:
    assert found(alone("tblA"), WHOLE, broken="two first days of tblB").unclear
    assert not found(WHOLE, WHOLE, broken="two first days of tblB").unclear


def test_loading_that_is_stopped_is_something_to_do_although_all_agree() -> None:
    assert not replace(found(WHOLE, WHOLE), stopped="a table was gone").none


@pytest.mark.parametrize("kind", Kind)
def test_every_fault_says_what_it_is_and_what_mending_does(kind: Kind) -> None:
    fault = Fault(kind, B, "more")
    assert fault.says.endswith("(more)")
    assert fault.mends


def test_the_coming_day_is_behind_all_that_is_loaded_or_planned() -> None:
    assert coming_day({MAY}, {JUNE}, A, MAY) == JUNE + timedelta(days=1)
    assert coming_day({JUNE}, {MAY}, A, MAY) == JUNE + timedelta(days=1)
    assert coming_day(set(), set(), B, MAY) == MAY + timedelta(days=1)
    assert coming_day(set(), set(), A, JUNE) == JUNE


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (JUNE - timedelta(days=1), "is loaded already"),
        (JUNE, "is loaded already"),
        (JUNE + timedelta(days=1), "an open run covers"),
        (JUNE + timedelta(days=2), None),
        (JULY + timedelta(days=AHEAD_DAYS), None),
        (JULY + timedelta(days=AHEAD_DAYS + 1), "too far ahead"),
    ],
)
def test_a_day_that_is_loaded_or_planned_or_too_far_ahead_is_refused(first: date, words: str | None) -> None:
    why = refusal(first, loaded={MAY, JUNE}, planned={JUNE + timedelta(days=1)}, newest=A, today=JULY)
    assert (words is None and why is None) or (words and words in str(why))


def test_the_newest_table_keeps_one_day_at_least() -> None:
    assert "begins on 2026-05-01" in str(refusal(MAY, loaded=(), planned=(), newest=B, today=JULY))
    assert refusal(MAY + timedelta(days=1), loaded=(), planned=(), newest=B, today=JULY) is None


def test_a_full_base_is_told_before_anything_is_announced() -> None:
    assert too_many(99, registry=True) is None
    assert too_many(98, registry=False) is None
    assert "100 of at most 100" in str(too_many(100, registry=True))
    assert "99 of at most 100" in str(too_many(99, registry=False))


def test_that_a_person_announced_the_successor_is_known_after_mending() -> None:
    wanted = replace(WHOLE, announced=replace(TOLD, by_hand=True))
    assert mended(found(wanted, replace(WHOLE, tables=(A, C), announced=TOLD))).announced == wanted.announced
    moved = replace(TOLD, first=JULY + timedelta(days=31))
    assert mended(found(wanted, replace(WHOLE, announced=moved))).announced == moved
