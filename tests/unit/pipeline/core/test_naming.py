"""An account may be asked for by its id or its name."""

import pytest

from pipeline.core.errors import WrongInput
from pipeline.core.naming import SHOWN, ids_of

WRITTEN = {"1001": "蜀香小馆", "1002": "蜀香小馆二店", "1003": "城东店 (1003)", "1004": "城东店 (1004)", "1005": "旧名"}
CALLED = {"1003": {"城东店"}, "1004": {"城东店"}, "1005": {"旧名", "新名"}, "1006": {"停用店"}}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], []),
        (["1001"], ["1001"]),
        (["蜀香小馆"], ["1001"]),
        ([" 蜀香小馆二店 ", "1001"], ["1002", "1001"]),
        (["城东店 (1004)"], ["1004"]),
        (["新名"], ["1005"]),
        (["旧名"], ["1005"]),
        (["停用店"], ["1006"]),
        (["1006"], ["1006"]),
    ],
)
def test_an_account_is_found_by_id_and_by_each_of_its_names(wanted: list[str], found: list[str]) -> None:
    assert ids_of(wanted, WRITTEN, CALLED) == found


def test_an_id_goes_before_a_name_and_a_written_name_before_a_called_one() -> None:
    assert ids_of(["1001"], {"1001": "甲", "1002": "1001"}, {}) == ["1001"]
    assert ids_of(["甲"], {"1001": "甲", "1002": "乙"}, {"1002": {"甲"}}) == ["1001"]


def test_the_name_of_several_lists_their_ids() -> None:
    with pytest.raises(WrongInput) as caught:
        ids_of(["城东店"], WRITTEN, CALLED)
    told = "城东店 is the name of 1003 (城东店 (1003)), 1004 (城东店 (1004)): give the id"
    assert caught.value.message == told


@pytest.mark.parametrize(("wanted", "nearest"), [("蜀香小管", "1001 (蜀香小馆)"), ("10011", "1001 (蜀香小馆)")])
def test_an_unknown_one_is_told_with_the_nearest(wanted: str, nearest: str) -> None:
    with pytest.raises(WrongInput) as caught:
        ids_of([wanted], WRITTEN, CALLED)
    assert caught.value.message.startswith(f"unknown account {wanted}; nearest are ")
    assert nearest in caught.value.message


def test_where_nothing_is_near_some_of_what_is_known_are_listed() -> None:
    many = {str(10_000 + number): f"店{number}" for number in range(1000)}
    with pytest.raises(WrongInput) as caught:
        ids_of(["zzz", "yyy"], many, {})
    assert caught.value.message.startswith("unknown account zzz, yyy; known are 10000 (店0), 10001 (店1)")
    assert caught.value.message.endswith(f" and {1000 - SHOWN} more: `laike accounts`")
