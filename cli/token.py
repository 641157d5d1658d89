"""`laike token …`: show, refresh, authorize, import, encrypt again."""

from cli.session import looked, opened
from cli.terminal import output
from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import TokenPair
from pipeline.core.token import STATE, TokenEvent, code_in
from pipeline.file_input import path_of
from pipeline.state.tokens.old_cache import read_old_cache
from pipeline.steps.overview.authorization import callback_of, service_link

EVENTS_SHOWN = 5


def import_(file: str) -> int:
    """Import the token pair of a file."""
    pair = read_old_cache(path_of(file))
    with opened() as ctx:
        if pair.refresh_expires_at <= ctx.now():
            msg = f"the refresh token in {file} expired at {output.moment(pair.refresh_expires_at)}: authorize again"
            raise WrongInput(msg)
        ctx.tokens.store(pair)
    _taken_over(pair)
    return output.DONE


def exchange(pasted: str) -> int:
    """Get a pair for an auth_code, or for the callback address that holds one."""
    with opened() as ctx:
        code = code_in(pasted, ctx.settings.oceanengine_app_id)
        pair = ctx.oauth.exchange(code, ctx.now())
        ctx.tokens.store(pair)
    _taken_over(pair)
    return output.DONE


def url() -> int:
    """Print the page where a person authorizes the app."""
    with opened() as ctx:
        link, back, way = service_link(ctx, STATE), callback_of(ctx), ctx.tokens.entrance
    output.say(link)
    if way.console:
        output.note(f"The console does all this in the browser: {way.link}")
    if not back:
        output.note("LAIKE_OCEANENGINE_REDIRECT_URI is not set: the page uses the app's registered callback")
    output.note("Tick every account: a new authorization replaces the former selection. Then, within 10 minutes:")
    output.note("laike token exchange 'the address in the browser afterwards'")
    return output.DONE


def refresh() -> int:
    """Refresh now, however long the token still lives."""
    with opened() as ctx:
        ctx.tokens.renew(ctx.tokens.pair().access_token)
        pair = ctx.tokens.pair()
    output.note(f"refreshed; access token good until {output.moment(pair.expires_at)}")
    return output.DONE


def rotate_key() -> int:
    """Encrypt the pair with the first of LAIKE_TOKEN_KEYS; 1 if the mirror file cannot be written."""
    with opened() as ctx:
        mirrored, mirror = ctx.tokens.rotate_key(), ctx.settings.token_file
    if not mirrored:
        output.note(f"encrypted in Redis, but {mirror} cannot be written: keep the old key, repair that, then repeat")
        return output.IN_PART
    output.note("encrypted with the first key of LAIKE_TOKEN_KEYS; remove the others once every process has it")
    return output.DONE


def status(*, as_json: bool) -> int:
    """Print when both tokens end and who refreshed last; 4 if a person must authorize again."""
    with looked() as ctx:
        pair, trouble, events = ctx.tokens.pair(), ctx.tokens.trouble(), ctx.tokens.journal.history(EVENTS_SHOWN)
        left = _left(ctx, pair)
    if as_json:
        document = {**_ends(pair), "left": left, "needs_person": trouble is not None}
        told = output.trouble_document(trouble.trouble() if trouble else None)
        output.print_json({**document, **told, "refreshes": list(map(_event_document, events))})
        return output.PERSON_NEEDED if trouble else output.DONE
    rows = [
        ("access token", output.moment(pair.expires_at), f"{left['access_token_s'] / 3600:.1f} h"),
        ("refresh token", output.moment(pair.refresh_expires_at), f"{left['refresh_token_s'] / 86400:.1f} d"),
    ]
    output.say_table(("", "ends", "left"), rows)
    if events:
        shown = [(output.moment(one.at), one.step, one.by, one.message) for one in events]
        output.say_table(("at", "what", "by", ""), shown)
    return output.tell(trouble) if trouble else output.DONE


def _taken_over(pair: TokenPair) -> None:
    output.note(f"token taken over; refresh token good until {output.moment(pair.refresh_expires_at)}")
    output.note("Stop the old script now: two refreshers kill each other's tokens.")


def _left(ctx: Context, pair: TokenPair) -> dict[str, int]:
    now = ctx.now()
    return {
        "access_token_s": int((pair.expires_at - now).total_seconds()),
        "refresh_token_s": int((pair.refresh_expires_at - now).total_seconds()),
    }


def _ends(pair: TokenPair) -> dict[str, str]:
    return {"expires_at": pair.expires_at.isoformat(), "refresh_expires_at": pair.refresh_expires_at.isoformat()}


def _event_document(event: TokenEvent) -> dict[str, object]:
    return {
        "at": event.at.isoformat(),
        "what": event.step,
        "by": event.by,
        "message": event.message,
        "unsaved_ms": event.unsaved_ms,
    }
