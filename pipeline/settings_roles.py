"""Which settings a process needs, by its role: `LAIKE_ROLE`, which compose sets for each service.

A worker, a command and whatever names no role need everything. Beat and Flower only pass messages on: they are judged
by what they need, and the secrets of others are not in their settings, wherever those may be set.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pipeline.settings import Settings
from pipeline.settings_secrets import hold_secrets_of
from pipeline.settings_sources import field_of, from_env_file, from_files, seen

# what the Celery application needs in every role
_MESSAGES = frozenset(
    {"role", "redis_url", "log_level", "visibility_timeout_s", "sweep_s", "daily_at", "settle_at", "clock_offset_s"}
    | {"beat_file"}
)
NEEDS: Mapping[str, frozenset[str]] = {
    "beat": _MESSAGES | {"heartbeat_file"},
    "flower": _MESSAGES | {"flower_login"},
}
_IN_SHAPE = {"bitable_table_id": "tblx", "token_keys": ""}  # a required one must look like one to pass


def load(role: str | None = None) -> Settings:
    """The settings of a role; a field that it does not need has its default, or is not there.

    Args:
        role: Without it that of this process.

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


def _of_others(needs: Collection[str]) -> dict[str, Any]:
    """For each field that is not needed a value that passes, so that what is set for it is not looked at."""
    return {
        name: _IN_SHAPE.get(name, "-") if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in Settings.model_fields.items()
        if name not in needs
    }
