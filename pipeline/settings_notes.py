"""What a person should know of valid settings: said once by a process, and by `laike doctor`; never with a value."""

from collections.abc import Iterable

from pipeline.settings import Settings
from pipeline.settings_names import unknown
from pipeline.settings_sources import ENV, env_file, overridden, seen

LETTERS = 12  # of a password that a page on the network is kept by
_said: set[str] = set()


def notes(settings: Settings) -> list[str]:
    """What every process says: names and lines that do not set what they seem to."""
    return [*overridden(), *_misread(settings)]


def doubts(settings: Settings) -> list[str]:
    """What is probably not meant so, a line each."""
    return [*_misread(settings), *weak_login(settings)]


def weak_login(settings: Settings) -> list[str]:
    """Whether Flower's password is too short, which Flower itself says."""
    password = settings.flower_login.get_secret_value().partition(":")[2] if settings.flower_login else None
    if password is None or len(password) >= LETTERS:
        return []
    return [
        f"LAIKE_FLOWER_LOGIN has a password of less than {LETTERS} letters: Flower shows every task; make it longer"
    ]


def unsaid(lines: Iterable[str]) -> list[str]:
    """Those lines that this process has not said yet; from now on they count as said."""
    fresh = [line for line in lines if line not in _said]
    _said.update(fresh)
    return fresh


def _misread(settings: Settings) -> list[str]:
    return [*unknown(seen(), type(settings).model_fields), *(f"{ENV}: {note}" for note in env_file().notes)]
