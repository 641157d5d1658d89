"""Why something went wrong and what to do, in Chinese."""

from pipeline.core.causes import CAUSES
from pipeline.core.errors import Trouble

_UNKNOWN = "出错"


def why(trouble: Trouble) -> str:
    """The cause and the service's own code, by which its support finds it."""
    said = _words(trouble)
    return f"{said}，错误码 {trouble.code}" if trouble.code else said


def cure(trouble: Trouble) -> str:
    """What to do, without the words that `why` says already."""
    return trouble.what_to_do.removeprefix(f"{_words(trouble)}，")


def _words(trouble: Trouble) -> str:
    return CAUSES[trouble.reason].words if trouble.reason in CAUSES else _UNKNOWN
