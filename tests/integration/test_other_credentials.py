"""What was cached under other credentials is not used: a changed secret, app or authorization is noticed at once."""

from datetime import time

import pytest

from pipeline.core.errors import NeedsAuthorization, NeedsPerson
from pipeline.core.outcome import RunState
from pipeline.steps.accounts.roster import current_accounts
from pipeline.steps.runs.plan import begin_daily
from tests.integration.test_accounts_are_discovered import BENCH, BENCH_ID, DISCOVERY
from tests.lab import Lab, agree

REPORTS = ("report.promotion", "report.account")


@pytest.fixture
def free(lab: Lab) -> Lab:
    """A lab whose accounts are discovered; a day at a time is enough here."""
    lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": "1"}
    return lab


def test_a_wrong_secret_of_the_feishu_app_is_noticed_while_a_token_of_the_right_one_lives(lab: Lab) -> None:
    assert lab.sync().state == RunState.SUCCESS
    right, asked = lab.environment()["LAIKE_FEISHU_APP_SECRET"], lab.calls("feishu.token")
    lab.extra["LAIKE_FEISHU_APP_SECRET"] = "not-the-secret-of-this-app"
    summary = lab.sync()
    assert (summary.state, summary.needs_person) == (RunState.FAILED, True)
    trouble = next(account.trouble for account in summary.accounts if account.trouble)
    assert "LAIKE_FEISHU_APP_SECRET" in trouble.at_terminal
    told = lab.laike("doctor")
    assert (told.returncode, "✗ feishu.app" in told.stdout) == (3, True)
    lab.extra["LAIKE_FEISHU_APP_SECRET"] = right
    before = lab.calls("feishu.token")
    assert before > asked
    assert lab.sync().state == RunState.SUCCESS
    assert lab.calls("feishu.token") == before  # the right one's token still lives


def test_a_pair_of_another_app_is_not_used_and_comes_back_with_its_app(lab: Lab) -> None:
    assert lab.sync().state == RunState.SUCCESS
    before = lab.calls(*REPORTS, "oauth.refresh_token")
    right = lab.environment()["LAIKE_OCEANENGINE_APP_ID"]
    lab.extra["LAIKE_OCEANENGINE_APP_ID"] = "1899"
    ctx = lab.bare_context()
    with pytest.raises(NeedsAuthorization, match=f"belongs to app {right}, and LAIKE_OCEANENGINE_APP_ID is 1899"):
        ctx.tokens.current()
    told = lab.laike("sync", "--local")
    assert told.returncode == 4
    assert lab.calls(*REPORTS, "oauth.refresh_token") == before
    lab.extra["LAIKE_OCEANENGINE_APP_ID"] = right
    assert lab.sync().state == RunState.SUCCESS


def test_a_list_of_another_app_s_accounts_is_not_used(free: Lab) -> None:
    current_accounts(free.context())
    right = free.environment()["LAIKE_OCEANENGINE_APP_ID"]
    free.extra["LAIKE_OCEANENGINE_APP_ID"] = "1899"
    with pytest.raises(NeedsAuthorization):
        current_accounts(free.bare_context())
    with pytest.raises(NeedsPerson):
        begin_daily(free.bare_context())
    before = free.calls(*DISCOVERY)
    free.extra["LAIKE_OCEANENGINE_APP_ID"] = right
    assert set(current_accounts(free.bare_context()).names) == set(free.accounts)
    assert free.calls(*DISCOVERY) == before


def test_after_a_new_authorization_the_accounts_are_asked_for_anew(free: Lab) -> None:
    first, second, *_ = free.accounts
    ctx = free.context()
    assert set(current_accounts(ctx).names) == set(free.accounts)
    free.control("authorized", {"ticked": [BENCH], "parents": {first: [BENCH_ID], second: [BENCH_ID]}})
    assert set(current_accounts(ctx).names) == set(free.accounts)  # a list of the day
    assert free.laike("token", "exchange", agree(ctx.tokens.link)).returncode == 0
    assert free.calls(*DISCOVERY) > 0
    before = free.calls(*DISCOVERY)
    known = current_accounts(free.context())
    assert free.calls(*DISCOVERY) > before
    assert known.trouble is None


def test_a_refresh_is_no_new_authorization(free: Lab) -> None:
    current_accounts(free.context())
    before = free.calls(*DISCOVERY)
    ctx = free.context()
    ctx.tokens.renew(ctx.tokens.pair().access_token)
    current_accounts(free.context())
    assert free.calls(*DISCOVERY) == before


def test_an_older_list_is_used_on_with_its_trouble_where_the_new_authorization_gives_none(free: Lab) -> None:
    ctx = free.context()
    current_accounts(ctx)
    assert free.laike("token", "exchange", agree(ctx.tokens.link)).returncode == 0
    free.fault("accounts.authorized", "code", code=50000, times="always")
    known = current_accounts(free.context())
    assert (set(known.names), known.trouble is not None) == (set(free.accounts), True)


def test_a_list_of_a_release_that_did_not_say_whose_it_is_is_used(free: Lab) -> None:
    free.at(time(7))
    ctx = free.context()
    current_accounts(ctx)
    last = ctx.rosters.last()
    assert last
    stored = ctx.client.get("laike:v1:accounts:roster")
    assert isinstance(stored, bytes)
    assert f'"app_id":"{ctx.settings.oceanengine_app_id}"'.encode() in stored
    old = stored.replace(f'"app_id":"{ctx.settings.oceanengine_app_id}"'.encode(), b'"app_id":""')
    ctx.client.set("laike:v1:accounts:roster", old)
    before = free.calls(*DISCOVERY)
    assert set(current_accounts(free.context()).names) == set(free.accounts)
    assert free.calls(*DISCOVERY) == before
