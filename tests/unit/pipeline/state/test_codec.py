import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import CHINA, ReportRow, TokenPair
from pipeline.core.unreadable import Unreadable
from pipeline.state import codec

FIGURES = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
ROWS = st.builds(
    ReportRow,
    account_id=st.from_regex(r"18[0-9]{14}", fullmatch=True),
    day=st.dates(),
    item_id=st.from_regex(r"76[0-9]{17}", fullmatch=True),
    item_name=st.text(),
    metrics=st.dictionaries(st.sampled_from(["stat_cost", "convert_cnt", "ctr"]), FIGURES),
)


@dataclass(frozen=True)
class Other:
    """Something else."""

    a: int


@given(rows=st.lists(ROWS))
def test_rows_come_back_as_they_were(rows: list[ReportRow]) -> None:
    for back in (
        codec.load(list[ReportRow], codec.dump(rows, list[ReportRow]), "a key"),
        codec.unsqueeze(list[ReportRow], codec.squeeze(rows, list[ReportRow]), "a key"),
    ):
        assert back == rows
        assert [[str(one) for one in row.metrics.values()] for row in back] == [
            [str(one) for one in row.metrics.values()] for row in rows
        ]


@pytest.mark.parametrize("zone", [UTC, CHINA], ids=["UTC", "China"])
def test_a_moment_comes_back_as_the_same_moment(zone: tzinfo) -> None:
    moment = datetime(2026, 2, 12, 7, 0, 0, 123456, tzinfo=zone)
    assert codec.load(datetime, codec.dump(moment, datetime), "a key") == moment


def test_a_pair_comes_back_whole_although_it_is_not_shown() -> None:
    moment = datetime(2026, 2, 12, tzinfo=CHINA)
    pair = TokenPair(
        access_token="a", refresh_token="r", expires_at=moment, refresh_expires_at=moment, generation=1770800000123
    )
    assert codec.load(TokenPair, codec.dump(pair, TokenPair), "a key") == pair


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b'{"b": 1}', b'{"a": "x"}', zlib.compress(b'{"a": 1}')])
def test_what_is_not_ours_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="a key"):
        codec.load(Other, data, "a key")


@pytest.mark.parametrize(
    "data",
    [b"", b'{"a": 1}', zlib.compress(b'{"a": 1}')[:-3], zlib.compress(b'{"b": 1}'), zlib.compress(b"?"), b"x\x9c"],
)
def test_what_is_torn_or_not_ours_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="a key"):
        codec.unsqueeze(Other, data, "a key")


def test_a_day_is_written_as_a_person_would() -> None:
    assert codec.dump(date(2026, 2, 1), date) == b'"2026-02-01"'


def test_figures_are_written_as_text() -> None:
    assert codec.dump([Decimal("0.10")], list[Decimal]) == b'["0.10"]'


def test_what_a_newer_release_adds_is_left_out_and_what_an_older_one_lacks_has_its_default() -> None:
    times = '"expires_at": "2026-02-12T07:00:00Z", "refresh_expires_at": "2026-03-12T07:00:00Z"'
    old = f'{{"access_token": "a", "refresh_token": "r", {times}, "generation": 7}}'
    pair = codec.load(TokenPair, old.encode(), "a key")
    assert (pair.generation, pair.app_id, pair.brought) == (7, "", 0)
    assert codec.load(TokenPair, (old[:-1] + ', "of_tomorrow": 1}').encode(), "a key") == pair
