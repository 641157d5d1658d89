"""Why something went wrong, in a few Chinese words."""

from pipeline.core.causes import CAUSES
from pipeline.core.errors import Trouble


def why(trouble: Trouble) -> str:
    """The cause and the service's own code, by which its support finds it."""
    said = CAUSES[trouble.reason].words if trouble.reason in CAUSES else "出错"
    return f"{said}，错误码 {trouble.code}" if trouble.code else said
