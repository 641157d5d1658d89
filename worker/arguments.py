"""Check the arguments of a task before it does anything: `celery call` sends whatever it is given.

With wrong arguments a step, which only we send, fails with `WrongInput` and is not retried; every other task returns
`{"state": "refused", "error"}`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.runs.plan import parts
from pipeline.core.text import encodable, quoted

RUN = "run_id"  # an argument of all steps, and of no other task
NAME_MAX = 200  # characters; the longest run id has 60


def is_step(function: Callable[..., Any]) -> bool:
    """Whether a task is a step of a run."""
    return RUN in inspect.signature(function).parameters


def bound(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a task by name, without the task itself; `WrongInput` if the function does not take them."""
    signature = inspect.signature(function)
    try:
        given = signature.bind(None, *args, **kwargs)
    except TypeError as error:
        _, *names = signature.parameters
        raise WrongInput(f"{quoted(str(error))}; there are {', '.join(names) or 'no arguments'}") from None
    given.arguments.pop(next(iter(signature.parameters)))
    return dict(given.arguments)


def check_step(ctx: Context, given: Mapping[str, Any]) -> None:
    """Check that a step's arguments name a run, one of its batches, and an account of it; else `WrongInput`."""
    run_id, batch, account_id, tried = given[RUN], given.get("batch", 0), given.get("account_id"), given.get("tried", 0)
    _check_name(RUN, run_id)
    if "account_id" in given:
        _check_name("account_id", account_id)
    cut = parts(ctx.ledger.run(run_id))
    if type(batch) is not int or not 0 <= batch < len(cut):
        raise WrongInput(f"batch {quoted(repr(batch))} is none of {run_id}, which has {len(cut)}, counted from 0")
    if "account_id" in given and account_id not in {account.id for account in cut[batch].accounts}:
        raise WrongInput(f"account_id {quoted(repr(account_id))} is none of batch {batch} of {run_id}")
    if type(tried) is not int or tried < 0:
        raise WrongInput(f"tried {quoted(repr(tried))} is no count")


def _check_name(name: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > NAME_MAX or encodable(value) != value:
        raise WrongInput(f"{name} {quoted(repr(value))} is no name of up to {NAME_MAX} whole characters")


def refused(error: WrongInput) -> dict[str, Any]:
    """The result of a task that was called with wrong arguments."""
    return {"state": "refused", "error": error.message}


def ids_of(accounts: object) -> list[str]:
    """Account ids as text, given as text or numbers; `WrongInput` if they are not a list of ids."""
    if not isinstance(accounts, list | tuple) or not all(type(one) in (str, int) for one in accounts):
        msg = f'accounts {quoted(repr(accounts))} is not a list of account ids; write it as ["1800000000000001"]'
        raise WrongInput(msg)
    ids = [str(one) for one in accounts]
    for one in ids:
        _check_name("an account", one)
    return ids


def day_of(name: str, text: str) -> date:
    """A day; `WrongInput` if it is not valid."""
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise WrongInput(f"{name} {quoted(repr(text))} is not a day; write it as 2026-02-01") from None
