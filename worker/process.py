"""The context of this worker process: made at its first use, shared by its threads."""

import threading

from pipeline.context import Context, build
from pipeline.settings import Settings
from pipeline.state.store import PATIENT_TRIES

_lock = threading.Lock()
_made: list[Context] = []


def context() -> Context:
    """Clients and state on the settings of the environment."""
    with _lock:
        if not _made:
            _made.append(build(Settings.load(), PATIENT_TRIES))
        return _made[0]
