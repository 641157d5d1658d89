"""What somebody sends by `celery call`: refused by type and length before a look-up, and quoted up to a bound."""

from typing import Any

import pytest

from pipeline.core.errors import WrongInput
from worker.arguments import bound, check_step, day_of, ids_of

NOT_NAMES: list[Any] = ["\ud800", "x" * 3_000_000, ["x"], {"a": 1}, None, 7, True, 10**400]


@pytest.mark.parametrize("name", ["run_id", "account_id"])
@pytest.mark.parametrize("value", NOT_NAMES, ids=range(len(NOT_NAMES)))
def test_what_can_be_no_name_is_refused_before_anything_is_asked(name: str, value: object) -> None:
    given = {"run_id": "daily-2026-02-11", "batch": 0, "account_id": "1", name: value}
    with pytest.raises(WrongInput, match=f"^{name} .* is no name of up to 200 whole characters") as caught:
        check_step(None, given)  # type: ignore[arg-type]
    assert len(caught.value.message) < 400
    caught.value.message.encode()


@pytest.mark.parametrize("accounts", ["x" * 100_000, [None] * 100_000, ["\ud800"], ["1" * 100_000], {"x" * 100_000: 1}])
def test_accounts_that_are_none_are_quoted_up_to_a_bound(accounts: object) -> None:
    with pytest.raises(WrongInput) as caught:
        ids_of(accounts)
    assert len(caught.value.message) < 500
    caught.value.message.encode()


def test_a_day_and_an_argument_that_are_none_are_so_too() -> None:
    with pytest.raises(WrongInput, match="is not a day") as caught:
        day_of("start", "x" * 1_000_000)
    assert len(caught.value.message) < 500
    with pytest.raises(WrongInput, match="unexpected keyword argument") as caught:
        bound(lambda _self: None, (), {"x" * 100_000: 1})
    assert len(caught.value.message) < 500
