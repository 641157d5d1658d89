"""Commands about what surrounds the runs: token, views."""

from pathlib import Path

from cli import output
from cli.session import opened
from pipeline.core.errors import WrongInput
from pipeline.core.model import TokenPair
from pipeline.core.plan import choose_accounts
from pipeline.state.tokens import read_old_cache
from pipeline.steps.views import ViewState, forget_deleted, inspect, mend


def token_import(file: str) -> int:
    """Take over the token pair of a file.

    Raises:
        WrongInput: The file is not a token cache, or its refresh token is dead.
    """
    pair = read_old_cache(Path(file))
    with opened() as ctx:
        if pair.refresh_expires_at <= ctx.now():
            msg = f"the refresh token in {file} ended at {output.moment(pair.refresh_expires_at)}: authorize again"
            raise WrongInput(msg)
        ctx.tokens.store(pair)
    output.err.print(f"token taken over; refresh token good until {output.moment(pair.refresh_expires_at)}")
    output.err.print("Stop the old script now: two refreshers kill each other's tokens.")
    return output.DONE


def token_status(*, as_json: bool) -> int:
    """Both lifetimes.

    Raises:
        NeedsPerson: There is no token.
    """
    with opened() as ctx:
        pair, now = ctx.tokens.pair(), ctx.now()
    needs_person = pair.refresh_expires_at <= now
    left = {
        "access_token_s": int((pair.expires_at - now).total_seconds()),
        "refresh_token_s": int((pair.refresh_expires_at - now).total_seconds()),
    }
    if as_json:
        output.print_json({**_ends(pair), "left": left, "needs_person": needs_person})
    else:
        rows = [
            ("access token", output.moment(pair.expires_at), f"{left['access_token_s'] / 3600:.1f} h"),
            ("refresh token", output.moment(pair.refresh_expires_at), f"{left['refresh_token_s'] / 86400:.1f} d"),
        ]
        output.out.print(output.table(("", "ends", "left"), rows))
    return output.PERSON_NEEDED if needs_person else output.DONE


def views(*, fix: bool, as_json: bool) -> int:
    """The view of each account; with `fix` the missing are made and the wrong repaired."""
    with opened() as ctx:
        accounts = choose_accounts(ctx.settings.accounts, [])
        if fix:
            forget_deleted(ctx, accounts)
        found = inspect(ctx, accounts, deep=True)
        if fix:
            mend(ctx, found)
            found = inspect(ctx, accounts, deep=True)
    rows = [(one.account.name, one.account.id, one.state, one.view_id) for one in found]
    if as_json:
        output.print_json([dict(zip(("name", "id", "state", "view_id"), row, strict=True)) for row in rows])
    else:
        shown = [(output.safe(name), number, state, view_id or "") for name, number, state, view_id in rows]
        output.out.print(output.table(("account", "id", "view", "view id"), shown))
    wrong = [one for one in found if one.state in (ViewState.NEW, ViewState.WRONG, ViewState.DELETED)]
    if wrong and not as_json:
        output.err.print(f"{len(wrong)} view(s) missing or wrong: `laike views --fix` mends them")
    return output.IN_PART if wrong else output.DONE


def _ends(pair: TokenPair) -> dict[str, str]:
    return {"expires_at": pair.expires_at.isoformat(), "refresh_expires_at": pair.refresh_expires_at.isoformat()}
