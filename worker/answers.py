"""Ask whether a worker is there."""

from worker.app import app
from worker.transport import as_store_trouble


def a_worker_answers(seconds: float) -> bool:
    """Whether a worker answers within so many seconds; it returns with the first answer.

    Raises:
        StoreTrouble: Redis is away.
    """
    with as_store_trouble():
        return bool(app.control.ping(timeout=seconds, limit=1))
