"""Notes on settings that are valid but probably not meant so: once per process and in `laike doctor`; never a value."""

from collections.abc import Iterable

from pipeline.core.accounts.account_options import disabled
from pipeline.settings import Settings
from pipeline.settings_names import unknown
from pipeline.settings_sources import ENV, env_file, overridden, seen

LETTERS = 12  # least length of the password of a page on the network
_said: set[str] = set()


def notes(settings: Settings) -> list[str]:
    """Notes that every process prints: names and lines without effect."""
    return [*overridden(), *_misread(settings)]


def doubts(settings: Settings) -> list[str]:
    """Notes for `laike doctor`, a line each."""
    return [*_misread(settings), *weak_login(settings), *_disabled_in_groups(settings)]


def weak_login(settings: Settings) -> list[str]:
    """A note if Flower's password is too short."""
    password = settings.flower_login.get_secret_value().partition(":")[2] if settings.flower_login else None
    if password is None or len(password) >= LETTERS:
        return []
    return [
        f"LAIKE_FLOWER_LOGIN has a password of less than {LETTERS} letters: Flower shows every task; make it longer"
    ]


def _disabled_in_groups(settings: Settings) -> list[str]:
    """A note for each account of a further table that nothing is loaded of."""
    off = disabled(settings.account_options)
    return [
        f"[[tables]] of laike.toml: {table.name} names {one}, which [accounts.{one}] disables"
        for table in settings.tables
        for one in table.accounts
        if one in off
    ]


def unsaid(lines: Iterable[str]) -> list[str]:
    """The lines that this process has not printed yet; now they count as printed."""
    fresh = [line for line in lines if line not in _said]
    _said.update(fresh)
    return fresh


def _misread(settings: Settings) -> list[str]:
    return [*unknown(seen(), type(settings).model_fields), *(f"{ENV}: {note}" for note in env_file().notes)]
