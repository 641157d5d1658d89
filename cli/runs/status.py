"""`laike status`: the health for outside monitors."""

from datetime import timedelta

from cli.session import looked
from cli.terminal import output
from pipeline.core.coverage.health import Health, Verdict
from pipeline.core.errors import WrongInput
from pipeline.steps.coverage.health import health

UNITS, DIGITS_MAX = {"m": "minutes", "h": "hours", "d": "days"}, 5
CODES = {Verdict.OK: output.DONE, Verdict.IN_PART: output.IN_PART, Verdict.BAD: output.FAILED}


def status(max_age: str, *, as_json: bool) -> int:
    """Tell whether the newest owed day is loaded: 0 yes, 1 in part, 3 no or too old.

    Raises:
        WrongInput: The age is not of a form such as 26h.
    """
    longest = age(max_age)
    with looked() as ctx:
        found = health(ctx, longest=longest)
    if as_json:
        tables = [{"table": one.table, **_document(one)} for one in found.tables]
        output.print_json(_document(found) | ({"tables": tables} if tables else {}))
    else:
        output.say(found.words)
    return CODES[found.verdict]


def _document(found: Health) -> dict[str, object]:
    return {
        "verdict": found.verdict,
        "day": found.day.isoformat(),
        "accounts": found.accounts,
        "lacking": list(found.lacking),
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "words": found.words,
    }


def age(text: str) -> timedelta:
    """A length of time, such as 26h; `WrongInput` if it is not valid."""
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and len(number) <= DIGITS_MAX and unit in UNITS:
        return timedelta(**{UNITS[unit]: int(number)})
    raise WrongInput(f"--max-age {text!r} is not an age; write it as 26h, 90m or 2d")
