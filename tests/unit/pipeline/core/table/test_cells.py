"""Every value survives every field type that holds it, in whatever shape it is read back."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import CHINA, Cell
from pipeline.core.table.cells import Field, decoder, encode, fits, midnight_ms, moment_in, number_in
from pipeline.core.table.columns import DATE, FIELD_TYPES, NUMBER, SINGLE_SELECT, TEXT, TYPE_NAMES, Column, Kind

ZONES = ["Asia/Shanghai", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]
digits = st.integers(0, 8)
texts = st.text(st.characters(codec="utf-8"), max_size=30)


def shapes(found: Field, written: object) -> list[object]:
    """How search and list give a written cell back."""
    if written is None:
        return [None]
    wire = json.loads(json.dumps(written), parse_float=Decimal)
    if found.type != TEXT or not isinstance(wire, str):
        return [wire]
    half = len(wire) // 2
    parts = [{"type": "text", "text": wire[:half]}, {"type": "url", "text": wire[half:], "link": "https://x"}]
    return [wire, [{"type": "text", "text": wire}], parts]


def read_back(column: Column, found: Field, value: Cell, zone: ZoneInfo = CHINA) -> list[Cell]:
    return [decoder(column, zone)(shape) for shape in shapes(found, encode(found, value, zone))]


def of_type(kind: int, looks: str = "") -> Field:
    return Field("fld1", "列", kind, {}, looks)


@given(st.integers(-(10**14), 10**14), digits, st.sampled_from(FIELD_TYPES[Kind.RATIO]))
def test_a_figure_survives_text_and_number_at_every_precision(units: int, places: int, kind: int) -> None:
    column = Column("列", "ctr", Kind.RATIO, places)
    value = column.canonical(Decimal(units).scaleb(-places))
    assert all(back == value for back in read_back(column, of_type(kind), value))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(ZONES), st.sampled_from([TEXT, DATE]))
def test_a_day_survives_text_and_date_in_every_zone(day: date, zone: str, kind: int) -> None:
    column = Column("列", "day", Kind.DAY)
    assert set(read_back(column, of_type(kind), day, ZoneInfo(zone))) == {day}


@given(texts, st.sampled_from([TEXT, SINGLE_SELECT]))
def test_a_name_survives_text_and_select_and_a_blank_one_is_no_option(name: str, kind: int) -> None:
    blank = kind == SINGLE_SELECT and not name.strip()
    assert set(read_back(Column("列", "promotion_name", Kind.TEXT), of_type(kind), name)) == {None if blank else name}


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(ZONES), st.integers(0, 86_399))
def test_a_day_typed_with_a_time_of_day_is_that_day(day: date, zone: str, second: int) -> None:
    here = ZoneInfo(zone)
    following = midnight_ms(day + timedelta(days=1), here)
    ms = min(midnight_ms(day, here) + second * 1000, following - 1)
    assert decoder(Column("列", "day", Kind.DAY), here)(ms) == day


@pytest.mark.parametrize(
    "raw", ["12.50", "12.5", " 12.500 ", 12.5, Decimal("12.5"), [{"type": "text", "text": "12.50"}]]
)
def test_a_figure_means_the_same_however_it_is_written(raw: object) -> None:
    assert decoder(Column("列", "stat_cost", Kind.MONEY), CHINA)(raw) == Decimal("12.50")


def test_a_tiny_figure_is_text_without_an_exponent() -> None:
    assert encode(of_type(TEXT), Decimal("0.00000001"), CHINA) == "0.00000001"


def test_a_link_is_read_as_its_text() -> None:
    assert decoder(Column("列", "promotion_name", Kind.TEXT), CHINA)({"text": "店", "link": "https://x"}) == "店"


@pytest.mark.parametrize("looks", ["Number", "Currency", "Progress", ""])
def test_money_percent_and_progress_are_numbers(looks: str) -> None:
    assert of_type(NUMBER, looks).holds(Kind.MONEY)


@pytest.mark.parametrize(
    ("kind", "looks", "name"), [(NUMBER, "Rating", "评分"), (TEXT, "Email", "邮箱"), (TEXT, "Barcode", "条码")]
)
def test_a_field_made_for_something_else_holds_nothing_of_ours(kind: int, looks: str, name: str) -> None:
    found = of_type(kind, looks)
    assert not any(found.holds(one) for one in Kind)
    assert found.type_name == name


@pytest.mark.parametrize(
    "number", [number for number in TYPE_NAMES if number not in (TEXT, NUMBER, SINGLE_SELECT, DATE)]
)
def test_every_other_type_holds_nothing_of_ours(number: int) -> None:
    assert not any(of_type(number).holds(kind) for kind in Kind)


@pytest.mark.parametrize(
    ("value", "fit"),
    [
        ("x" * 100_000, True),
        ("x" * 100_001, False),
        (Decimal(10) ** 14, True),
        (Decimal(10) ** 15, False),
        (Decimal("NaN"), False),
        (date(2026, 2, 1), True),
        (None, True),
    ],
)
def test_what_no_cell_can_hold_is_known_before_a_call(value: Cell, fit: bool) -> None:  # noqa: FBT001 a table
    assert fits(value) is fit


@pytest.mark.parametrize(
    ("raw", "number"), [(12, "12"), ("1,234.5", "1234.5"), ([{"text": " 12 "}], "12"), (Decimal("0.10"), "0.10")]
)
def test_a_number_is_read_whether_it_is_one_or_text(raw: object, number: str) -> None:
    assert number_in(raw) == Decimal(number)


@pytest.mark.parametrize("raw", [None, "十二行", "12 rows", "NaN", "1e99", True, [], {"a": 1}])
def test_what_a_person_wrote_in_the_place_of_a_number_is_none(raw: object) -> None:
    assert number_in(raw) is None


@pytest.mark.parametrize("raw", [None, "2026-02-01", 10**18, -(10**18), [0]])
def test_what_is_no_moment_of_the_calendar_is_none(raw: object) -> None:
    assert moment_in(raw, CHINA) is None


def test_a_moment_is_given_in_ms() -> None:
    assert moment_in(1769875200000, CHINA) == datetime(2026, 2, 1, tzinfo=CHINA)


@pytest.mark.parametrize("raw", [Decimal("1e100000000"), Decimal("1e-100000000"), Decimal("1e20"), "1e100000000"])
def test_a_day_of_endless_digits_is_none(raw: object) -> None:
    assert decoder(Column("列", "day", Kind.DAY), CHINA)(raw) is None


@pytest.mark.parametrize("raw", ["1_000", "１２", "١٢", "1_0.5", [{"text": "1_000"}]])
def test_a_text_that_only_python_reads_as_a_number_is_none(raw: object) -> None:
    assert number_in(raw) is None
