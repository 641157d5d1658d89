"""One case, played: the fault, the daily run that meets it, the fault gone, the catch-up."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from typing import Any
from unittest.mock import patch

from emulator.exchange import Exchange
from pipeline.clients.http import READ_TIMEOUT_S, Answer, Http
from pipeline.context import Context
from pipeline.core.errors import AccountUnavailable, LaikeError, NeedsAuthorization, TableUnseen
from pipeline.core.model import DayRange
from pipeline.steps.on_demand.dedup import clean, look
from pipeline.steps.runs.plan import begin_catch_up, begin_settle
from pipeline.steps.table.visibility import unblock
from tests.chaos.campaign.cases import Case
from tests.chaos.campaign.faults import BY_NAME, PATIENCE_S, TOO_SLOW
from tests.chaos.campaign.furniture import LARGE, a_late_twin
from tests.chaos.campaign.rig import Ended, carried_out, daily
from tests.chaos.campaign.verdict import Violation, judge, of_the_healing, of_the_table, picture
from tests.lab import Lab
from tests.workers import wait_until

HALF_PAST_TEN, HALF_PAST_TWO = time(10, 31), time(14, 31)  # when another catch-up of the day is due


def play(case: Case, lab: Lab) -> list[Violation]:
    """What a case is guilty of; nothing, if all is well.

    Raises:
        AssertionError: The run did not meet the fault, so that the case says nothing.
    """
    twin = a_late_twin(lab.server.world, lab) if case.endpoint == "records.batch_delete" else None
    before = picture(lab)
    account = _arm(case, lab)
    with _impatient(case):
        ended = daily(lab.bare_context())
    _wait_for_late_effects()
    assert lab.look("state")["faults"][0]["hits"], f"no call of {case.endpoint} met the fault"
    after = picture(lab)
    found = [*of_the_table(before, after, twin), *judge(case, account, ended, before, after)]
    caught_up = _heal(case, lab, ended)
    last = picture(lab) if caught_up or (ended.summary and ended.summary.duplicates) else after
    return [*found, *of_the_table(after, last, twin), *of_the_healing(ended, caught_up, last, lab)]


def _arm(case: Case, lab: Lab) -> str | None:
    """Post the fault; the id of the account, where it is to hit one alone."""
    ids = {name: number for number, name in lab.facts["accounts"].items()}
    number = None
    match: dict[str, str] = dict(case.fault.match)
    if case.of_one_account:
        number = ids[LARGE] if match else next(iter(ids.values()))
        match["local_account_id"] = number
    if match and case.endpoint == "records.search":  # what its answer is known to hold
        match["table_id"] = lab.table_id
    lab.control("settings", {"client_token_mode": case.fault.mode})
    times = "always" if case.ever else 1
    lab.fault(case.endpoint, case.fault.kind, times=times, call=case.call, match=match, **case.details)
    return number


def _heal(case: Case, lab: Lab, ended: Ended) -> Ended | None:
    """Take the fault away, do what the card asks for, and let the catch-up of later come; `None`: nothing was owed."""
    lab.control("faults/clear", {})
    lab.at(HALF_PAST_TEN)
    ctx = lab.bare_context()
    _do_as_told(lab, ctx, ended)
    caught_up = _catch_up(ctx, ended)
    if caught_up and not caught_up.success and case.loses_the_pair:  # only now it is known that the pair is dead
        lab.at(HALF_PAST_TWO)
        ctx = lab.bare_context()
        _do_as_told(lab, ctx, caught_up)
        caught_up = _catch_up(ctx, ended)
    return caught_up


def _catch_up(ctx: Context, ended: Ended) -> Ended | None:
    """The runs that catch_up begins.

    For accounts of which only a new list tells, and for one that was unavailable, which catch_up tries less often, it
    is the run of 10:35 that makes up.
    """
    try:
        ends = [carried_out(ctx, run) for run in begin_catch_up(ctx)]
        if failed := next((one for one in ends if not one.success), None):
            return failed
        if ended.older_list or AccountUnavailable.reason in {trouble.reason for trouble in ended.troubles}:
            ends.append(carried_out(ctx, begin_settle(ctx)))
    except LaikeError as error:
        return Ended(trouble=error.trouble())
    return ends[-1] if ends else None


def _do_as_told(lab: Lab, ctx: Context, ended: Ended) -> None:
    """What a person does who reads the card: authorize anew, unblock the table, clean up doubled rows."""
    reasons = {trouble.reason for trouble in ended.troubles}
    if NeedsAuthorization.reason in reasons:
        code = lab.control("auth_code", {})["auth_code"]
        ctx.tokens.store(ctx.oauth.exchange(code, ctx.now()))
    if TableUnseen.reason in reasons:
        unblock(ctx)
    if ended.summary and ended.summary.duplicates:
        clean(ctx, look(ctx, DayRange(lab.day - timedelta(days=1), lab.day)))


@contextmanager
def _impatient(case: Case) -> Iterator[None]:
    """Whoever calls the endpoint whose answer comes too late, or drips, waits for a moment only."""
    if case.fault.kind not in TOO_SLOW:
        yield
        return
    route, call = BY_NAME[case.endpoint], Http.call
    slow = re.compile(re.sub(r"{\w+}", "[^/]+", route.path))

    def hasty(http: Http, method: str, path: str, *, timeout_s: float = READ_TIMEOUT_S, **rest: Any) -> Answer:  # noqa: ANN401 the call's own
        if method == route.method and slow.fullmatch(path):
            timeout_s = PATIENCE_S
        return call(http, method, path, timeout_s=timeout_s, **rest)

    with patch.object(Http, "call", hasty):
        yield


def _wait_for_late_effects() -> None:
    assert wait_until(lambda: not Exchange.late_tasks)
