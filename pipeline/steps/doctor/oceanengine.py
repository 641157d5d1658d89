"""巨量引擎: check the app, the token, the permission for each report and each account. Every call is a read.

The app's id and secret are tried with an auth_code that does not exist: the code of the refusal tells whether the app
is wrong, too. Nothing is exchanged, no token changes.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from pipeline.clients.oceanengine.reports import account_totals, read_report
from pipeline.clients.retry import READ
from pipeline.context import Context
from pipeline.core.accounts.roster import Why
from pipeline.core.causes import maintenance_of
from pipeline.core.errors import AccountUnavailable, LaikeError, NeedsAuthorization, NeedsPerson, Retryable
from pipeline.core.model import Account, DayRange
from pipeline.core.runs.plan import choose_accounts, yesterday
from pipeline.core.table.columns import metrics_of
from pipeline.core.tables.further import FurtherTable
from pipeline.core.tables.groups import accounts_of as accounts_in
from pipeline.steps.accounts.roster import current_accounts, remembered_accounts, unknown_in_groups, unused_options
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.doctor.findings import Finding, State, broken, of_error, ok, skipped, unauthorized, warning

NO_SUCH_CODE = "laike-doctor-no-such-auth-code"
INVALID_PARTNER, NO_PERMISSION, NOT_GRANTED = 40101, 40002, 40118
LISTS = "oceanengine.account_lists"
REPORTS = ("oceanengine.token", "oceanengine.account_report", "oceanengine.promotion_report", "accounts")
REFRESH_LEFT = timedelta(days=3)
AT_ONCE = 16
TRIES = 2  # a person waits: ride out a hiccup, report an outage
_WAS_OPEN = "令牌文件此前可被本机其他用户读写：请确认是谁改了权限；若本机有不可信的用户，请重新授权。"
_NAMED = {"project": "获取项目数据", "material": "获取素材数据"}  # as the console calls them
ASKED = 5  # accounts, until one answers
_GRANT = "请在巨量引擎开放平台「应用管理」→「权限」申请本地推数据报表中的“{name}”，通过后重新授权。"
_GRANT_LISTS = (
    "请在巨量引擎开放平台「应用管理」→「权限」申请账户列表接口（获取已授权账户、来客账户下的本地推账户、"
    "工作台账户列表、获取广告主公开信息；升级版工作台和代理商另需各自的账户列表），通过后重新授权；"
    "或在 LAIKE_ACCOUNTS 中写明账户。"
)
_ALL_ACCOUNTS = "请用管理这些账户的账号授权并勾选全部账户。{how}"
_ACCOUNT = (
    "请在巨量引擎检查该账户的状态；若正常，请重新授权并勾选全部账户（包括该账户），或从 LAIKE_ACCOUNTS 中去掉它。"
)


def accounts_of(ctx: Context) -> tuple[Account, ...]:
    """Return the accounts to load into the table, as far as they are remembered: no call is made."""
    listed = remembered_accounts(ctx)
    return choose_accounts(group_of(ctx, listed.names) if listed else {}, [])


def check_oceanengine(ctx: Context, *, redis: bool) -> list[Finding]:
    """Check app, token, permissions, accounts; without Redis only the app."""
    reports = (*REPORTS, *_further(ctx))
    try:
        app = _check_app(ctx)
    except LaikeError as error:
        return [
            of_error("oceanengine.app", error),
            *skipped(("token", LISTS, *reports), "Ocean Engine is out of reach"),
        ]
    if not redis:
        return [app, *skipped(("token", LISTS, *reports), "Redis is out of reach")]
    try:
        token = _check_token(ctx)
    except NeedsPerson as error:
        token = unauthorized("token", error)
    if token.needs_person and app.state == State.BROKEN:  # the pair may belong to the right app
        return [app, *skipped(("token", LISTS, *reports), "the app is refused")]
    if token.needs_person:
        return [app, token, *skipped((LISTS, *reports), "there is no usable token")]
    return [app, token, *_check_mirror(ctx), *_with_further(ctx, _check_lists(ctx))]


def _check_app(ctx: Context) -> Finding:
    policy = replace(READ, attempts=TRIES, scale=ctx.settings.wait_scale)
    try:
        policy.run(lambda: ctx.oauth.exchange(NO_SUCH_CODE, ctx.now()), ctx.time_left(None)())
    except Retryable:
        raise
    except LaikeError as error:
        if error.code == INVALID_PARTNER:
            return of_error("oceanengine.app", error)
    return ok("oceanengine.app", "APP_ID and Secret are not refused")


def _check_token(ctx: Context) -> Finding:
    """Check the stored pair; `NeedsPerson` if there is none, or the keys cannot decrypt it."""
    if trouble := ctx.tokens.trouble():
        return unauthorized("token", trouble)
    left = ctx.tokens.pair().refresh_expires_at - ctx.now()
    says = f"the refresh token has {left / timedelta(days=1):.1f} days left"
    if left < REFRESH_LEFT:
        cure = "worker 和 beat 运行时令牌每天自动刷新，请先启动它们；否则请在到期前重新授权。{how}"
        return _led(ctx, warning("token", f"{says}: nothing refreshes it", cure))
    return ok("token", says)


def _check_mirror(ctx: Context) -> list[Finding]:
    """Check that the mirror has the pair and only its owner may read it; no finding if all is well."""
    vault, file = ctx.tokens.vault, ctx.settings.token_file
    if not vault.mirrored():
        why = f": {vault.unreadable}" if vault.unreadable else ""
        return [
            broken("token.mirror", f"{file} does not take the newest token pair{why}", maintenance_of("token_mirror"))
        ]
    return [warning("token.mirror", f"{file}: {vault.was_open}", _WAS_OPEN)] if vault.was_open else []


def _check_lists(ctx: Context) -> list[Finding]:
    """Check the account lists if accounts are discovered, then the reports."""
    try:
        listed = current_accounts(ctx, anew=True)
    except NeedsAuthorization as error:
        return [unauthorized(REPORTS[0], error), *skipped(REPORTS[1:], "the token is refused")]
    except LaikeError as error:
        denied = of_error(LISTS, error, _GRANT_LISTS if error.code in (NOT_GRANTED, NO_PERMISSION) else None)
        return [denied, *skipped(REPORTS, "no account is known")]
    reports = [*_check_reports(ctx, choose_accounts(listed.names, [])), *_check_options(ctx), *_check_groups(ctx)]
    if not listed.trouble:
        return [_listed(ctx, len(listed.names)), *reports]
    trouble = listed.trouble
    cure = _GRANT_LISTS if trouble.code in (NOT_GRANTED, NO_PERMISSION) else trouble.at_terminal
    return [broken(LISTS, f"the last list is used: {trouble.message}", cure), *reports]


def _further(ctx: Context) -> dict[str, FurtherTable]:
    """By the name of a check, a further table of each report that no other check asks for."""
    tables = {one.report.name: one for one in reversed(ctx.settings.tables)}
    return {f"oceanengine.{name}_report": tables[name] for name in _NAMED if name in tables}


def _with_further(ctx: Context, found: list[Finding]) -> list[Finding]:
    """What was found, and whether the reports of the further tables are granted."""
    asked = _further(ctx)
    left_out = next((one for one in found if one.check == REPORTS[2] and one.state == State.SKIPPED), None)
    if left_out:
        return [*found, *(replace(left_out, check=check) for check in asked)]
    return [*found, *(_check_further(ctx, check, table) for check, table in asked.items())]


def _check_further(ctx: Context, check: str, table: FurtherTable) -> Finding:
    """Ask a report of the first account of a table that answers."""
    name, listed = _NAMED[table.report.name], remembered_accounts(ctx)
    accounts = accounts_in(table, ctx.settings.tables, listed.names if listed else {})
    for account_id in list(accounts)[:ASKED]:
        try:
            read_report(ctx.oceanengine(None), table.report, account_id, _day(ctx), metrics_of(table.columns))
        except AccountUnavailable:
            continue
        except LaikeError as error:
            granting = _GRANT.format(name=name) if error.code in (NOT_GRANTED, NO_PERMISSION) else None
            return of_error(check, error, granting)
        return ok(check, f"{name} is granted")
    return skipped([check], f"no account of {table.name} answers")[0]


def _check_groups(ctx: Context) -> list[Finding]:
    """Check that every account of `[[tables]]` is one."""
    cure = "请在 laike.toml 的 [[tables]] 中核对账户 id：不存在的账户没有数据。"
    return [
        warning("accounts.groups", f"{name} ([[tables]] of laike.toml) names {', '.join(ids)}: no such account", cure)
        for name, ids in unknown_in_groups(ctx).items()
    ]


def _check_options(ctx: Context) -> list[Finding]:
    """Check that every `[accounts.<id>]` is the id of an account."""
    if not (others := unused_options(ctx)):
        return []
    says = f"[accounts.<id>] of laike.toml is about {', '.join(others)}, which the token does not reach"
    return [warning("accounts.options", says, "请在 laike.toml 中核对账户 id，或删去这些账户的设置。")]


def _listed(ctx: Context, count: int) -> Finding:
    """Count the listed accounts; warn of what was ticked but may not be listed."""
    last = None if ctx.settings.accounts else ctx.rosters.last()
    refused = [one.name or one.id for one in last.skipped if one.why == Why.REFUSED] if last else []
    says = f"{count} account(s) known"
    if not refused:
        return ok(LISTS, says)
    return warning(LISTS, f"{says}; those under {', '.join(refused)} may not be listed", _GRANT_LISTS)


def _check_reports(ctx: Context, accounts: Sequence[Account]) -> list[Finding]:
    if not accounts:
        return [
            *skipped(REPORTS[:3], "no account is known"),
            _led(ctx, broken(REPORTS[3], "no account is known", _ALL_ACCOUNTS)),
        ]
    first = _ask_account(ctx, accounts[0])
    if first is None or isinstance(first, AccountUnavailable):
        return [ok(REPORTS[0], "the access token is accepted"), *_check_accounts(ctx, accounts, first)]
    if first.code == NOT_GRANTED:
        denied = of_error(REPORTS[1], first, _GRANT.format(name="获取账户数据"))
        accepted = ok(REPORTS[0], "the access token is accepted")
        return [accepted, denied, _check_promotions(ctx, accounts[0]), *skipped(REPORTS[3:], "the report is denied")]
    if first.code == INVALID_PARTNER:  # reported by the check of the app
        return skipped(REPORTS, "the token could not be refreshed with this APP_ID and Secret")
    if isinstance(first, NeedsPerson):
        return [unauthorized(REPORTS[0], first), *skipped(REPORTS[1:], "the token is refused")]
    return [of_error(REPORTS[1], first), *skipped(REPORTS[2:], "the account report does not answer")]


def _check_accounts(ctx: Context, accounts: Sequence[Account], first: LaikeError | None) -> list[Finding]:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        errors = [first, *pool.map(lambda account: _ask_account(ctx, account), accounts[1:])]
    asked = list(zip(accounts, errors, strict=True))
    good = [account for account, error in asked if error is None]
    granted = ok(REPORTS[1], "获取账户数据 is granted")
    if not good:
        says = f"none of {len(accounts)} account(s) answers: {first.message if first else ''}"
        return [
            granted,
            *skipped(REPORTS[2:3], "no account answers"),
            _led(ctx, broken(REPORTS[3], says, _ALL_ACCOUNTS)),
        ]
    count = ok(REPORTS[3], f"{len(good)} of {len(accounts)} account(s) answer")
    bad = [_unavailable(account, error) for account, error in asked if error]
    return [granted, _check_promotions(ctx, good[0]), *([] if bad else [count]), *bad]


def _led(ctx: Context, finding: Finding) -> Finding:
    """The finding with how and where to authorize."""
    way = ctx.tokens.entrance
    return replace(finding, cure=finding.cure.format(how=way.maintenance), link=way.link)


def _unavailable(account: Account, error: LaikeError) -> Finding:
    says = f"account {account.id} ({account.name}): {error.message}"
    return broken(REPORTS[3], says, _ACCOUNT if isinstance(error, AccountUnavailable) else error.for_maintainer)


def _check_promotions(ctx: Context, account: Account) -> Finding:
    try:
        read_report(ctx.oceanengine(None), ctx.report, account.id, _day(ctx), metrics_of(ctx.settings.columns))
    except LaikeError as error:
        granting = _GRANT.format(name="获取广告数据") if error.code in (NOT_GRANTED, NO_PERMISSION) else None
        return of_error(REPORTS[2], error, granting)
    return ok(REPORTS[2], "获取广告数据 is granted")


def _ask_account(ctx: Context, account: Account) -> LaikeError | None:
    try:
        account_totals(ctx.oceanengine(None), account.id, _day(ctx))
    except LaikeError as error:
        return error
    return None


def _day(ctx: Context) -> DayRange:
    day = yesterday(ctx.now())
    return DayRange(day, day)
