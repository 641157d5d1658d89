"""Which settings a process needs, by its role: `LAIKE_ROLE`, which compose sets for each service.

A worker, a command and a process without a role need all. Beat and Flower only pass messages on: only what they need
is checked, and their settings hold no other secret, wherever it is set. The console comes up with as little: its set-up
page says what is missing, and every other page loads all settings.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pipeline.base_address import TABLE_ID
from pipeline.core.errors import WrongInput
from pipeline.settings import Settings
from pipeline.settings_secrets import hold_secrets_of
from pipeline.settings_sources import TABLE_FILE, field_of, from_env_file, from_files, seen, unset

# what the Celery application needs
_MESSAGES = frozenset(
    {"role", "redis_url", "log_level", "visibility_timeout_s", "sweep_s", "daily_at", "settle_at", "clock_offset_s"}
    | {"beat_file"}
)
NEEDS: Mapping[str, frozenset[str]] = {
    "beat": _MESSAGES | {"heartbeat_file"},
    "flower": _MESSAGES | {"flower_login"},
    "console": frozenset(
        {"role", "redis_url", "log_level", "clock_offset_s", "metrics_token"}
        | {"console_login", "console_viewer", "console_url", "console_prefix", "console_proxies"}
    ),
}
_IN_SHAPE = {"bitable_table_id": "tblx", "token_keys": ""}  # a required field needs a valid value


def load(role: str | None = None) -> Settings:
    """The settings of a role; other fields are missing.

    Args:
        role: Default: the role of this process.

    Raises:
        WrongInput: What the role needs is missing or wrong; the message names every problem by its variable.
    """
    told = seen()
    needs = NEEDS.get(role or told.get("LAIKE_ROLE") or "worker")
    if needs is None:
        return Settings.load()
    hold_secrets_of(told)
    own = {name: value for name, value in told.items() if field_of(name.removesuffix("_FILE")) in needs}
    secrets, problems = from_files(own)
    plain = {name: value for name, value in from_env_file().items() if name in needs}
    judged = Settings.judged(_of_others(needs) | plain | secrets, problems)
    return Settings.model_construct(**{name: getattr(judged, name) for name in needs})


def for_messages() -> Settings:
    """The settings of the Celery application in this process; the console sends nothing before it has all.

    Raises:
        WrongInput: As `load` does.
    """
    return Settings.load() if seen().get("LAIKE_ROLE") == "console" else load()


def awaiting_table() -> Settings | None:
    """The settings with a stand-in for the table, if it alone is missing and there is a file for what the set-up makes.

    `None`: there is a table, or something else is wrong, which `Settings.load` names.
    """
    table = TABLE_ID[0]
    if not seen().get(TABLE_FILE) or not unset([table]):
        return None
    try:
        return Settings.load({table: _IN_SHAPE[field_of(table)]})
    except WrongInput:
        return None


def _of_others(needs: Collection[str]) -> dict[str, Any]:
    """A valid value for each field that is not needed, so that its setting is not checked."""
    return {
        name: _IN_SHAPE.get(name, "-") if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in Settings.model_fields.items()
        if name not in needs
    }
