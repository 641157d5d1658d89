"""The line that says which accounts are synced."""

import json
import shlex

from pipeline.core.accounts.account_options import AccountOptions, disabled, options_of
from pipeline.core.overview.setup.choice import line_for


def read(line: str) -> dict[str, AccountOptions]:
    """What the product makes of the line."""
    (word,) = shlex.split(line)
    name, _, value = word.partition("=")
    assert name == "LAIKE_ACCOUNT_OPTIONS"
    return options_of(json.loads(value))


def test_accounts_without_a_tick_are_disabled_and_nothing_is_said_of_the_others() -> None:
    assert read(line_for({}, ["1", "2", "3"], ["1"])) == {
        "2": AccountOptions(enabled=False),
        "3": AccountOptions(enabled=False),
    }


def test_what_is_so_already_needs_no_line() -> None:
    assert line_for({}, ["1", "2"], ["1", "2"]) == ""
    assert line_for({"2": AccountOptions(enabled=False)}, ["1", "2"], ["1"]) == ""


def test_an_account_can_be_enabled_again() -> None:
    line = line_for({"2": AccountOptions(enabled=False)}, ["1", "2"], ["1", "2"])
    assert (line, read(line)) == ("LAIKE_ACCOUNT_OPTIONS='{}'", {})


def test_other_options_and_accounts_that_are_out_of_reach_stay_as_they_are() -> None:
    options = {"1": AccountOptions(expected=True), "9": AccountOptions(enabled=False, expected=True)}
    made = read(line_for(options, ["1", "2"], []))
    assert disabled(made) == {"1", "2", "9"}
    assert {one for one, option in made.items() if option.expected} == {"1", "9"}
