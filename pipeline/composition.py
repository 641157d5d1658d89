"""The composition root: builds clients and state from the settings, once per process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import redis

from pipeline.clients.feishu.api import PageSize, TenantToken
from pipeline.clients.feishu.records import BatchSize
from pipeline.clients.http import Http
from pipeline.clients.oceanengine.oauth import OAuth
from pipeline.context import Context
from pipeline.core.token import authorize_link, callback, entrance
from pipeline.settings import Settings
from pipeline.state.bundles import about_all, about_base, about_days, about_table
from pipeline.state.limiter import Limiter
from pipeline.state.quota import Quota
from pipeline.state.roster import Rosters
from pipeline.state.store import TRIES, connect
from pipeline.state.table.chains import Chains
from pipeline.state.tokens.journal import TokenJournal, whoami
from pipeline.state.tokens.keeper import TokenKeeper, turns
from pipeline.state.tokens.tenant import SharedTenantToken
from pipeline.state.tokens.vault import Vault


def build(settings: Settings, redis_tries: int = TRIES, alone: redis.Redis | None = None) -> Context:
    """A context for these settings.

    Args:
        redis_tries: How often a command to Redis is tried; `PATIENT_TRIES` if nobody waits for it.
        alone: A private Redis instead of that of the settings; refreshers then take turns by a lock file.

    Raises:
        StoreUnreachable: The Redis address is invalid.
    """
    client = alone or connect(settings.redis_address, redis_tries)
    now = clock_of(timedelta(seconds=settings.clock_offset_s))
    oceanengine_http = Http("oceanengine", settings.oceanengine_base_url)
    feishu_http = Http("feishu", settings.feishu_base_url)
    oauth = OAuth(oceanengine_http, settings.oceanengine_app_id, settings.oceanengine_secret.get_secret_value())
    chains = Chains(client, settings.bitable_table_id)
    return Context(
        settings=settings,
        client=client,
        now=now,
        tokens=_keeper(settings, client, oauth, now, lock_file=alone is not None),
        oauth=oauth,
        limiter=Limiter(client, settings.oceanengine_rate, settings.wait_scale),
        chains=chains,
        **about_base(client, settings.bitable_app_token, settings.feishu_app_id),
        **about_days(client, chains.chain),
        **about_table(client, settings.bitable_table_id),
        **about_all(client),
        rosters=Rosters(client, settings.oceanengine_app_id),
        quota=Quota(client, now),
        oceanengine_http=oceanengine_http,
        feishu_http=feishu_http,
        tenant_token=tenant_token(settings, client, feishu_http),
        batch_size=BatchSize(),
        page_size=PageSize(),
    )


def clock_of(offset: timedelta) -> Callable[[], datetime]:
    """The one clock of the product."""
    return lambda: datetime.now(UTC) + offset


def _keeper(
    settings: Settings, client: redis.Redis, oauth: OAuth, now: Callable[[], datetime], *, lock_file: bool
) -> TokenKeeper:
    mirror, console = settings.token_file, settings.console_url
    back = callback(settings.oceanengine_redirect_uri, console)
    link = authorize_link(settings.oceanengine_authorize_url, settings.oceanengine_app_id, back)
    return TokenKeeper(
        vault=Vault(client, _fernet_keys(settings), mirror, settings.oceanengine_app_id),
        journal=TokenJournal(client, now, whoami()),
        refresh=oauth.refresh,
        now=now,
        turn=turns(client, settings.step_lease_s, mirror.with_name(f"{mirror.name}.lock") if lock_file else None),
        entrance=entrance(console, link),
    )


def tenant_token(settings: Settings, client: redis.Redis, http: Http) -> TenantToken:
    """The app's token at Feishu, shared by all processes on one Redis."""
    app_id, secret = settings.feishu_app_id, settings.feishu_app_secret.get_secret_value()
    shared = SharedTenantToken(client, _fernet_keys(settings), app_id, secret, settings.feishu_base_url)
    return TenantToken(http, app_id, secret, shared)


def _fernet_keys(settings: Settings) -> list[str]:
    return [key.get_secret_value() for key in settings.token_keys]
