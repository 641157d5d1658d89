"""Whether a worker is there. What is imported late reads the settings, or takes a third of a second."""

from pipeline.context import Context
from pipeline.core.errors import NoWorker
from pipeline.steps.doctor.surroundings import Workers

WORKER_ANSWERS_S = 5


def a_worker_answers() -> bool:
    """Whether a worker answers within `WORKER_ANSWERS_S`."""
    return answers_within(WORKER_ANSWERS_S)


def answers_within(seconds: float) -> bool:
    """Whether a worker answers within so many seconds; it returns with the first answer."""
    from worker.app import app  # noqa: PLC0415
    from worker.transport import as_store_trouble  # noqa: PLC0415

    with as_store_trouble():
        return bool(app.control.ping(timeout=seconds, limit=1))


def require_worker() -> None:
    """Check that a worker answers; `NoWorker` if none does."""
    if not a_worker_answers():
        msg = f"no worker answered within {WORKER_ANSWERS_S} s; start one with `python -m worker`, or add --local"
        raise NoWorker(msg)


def workers_of(ctx: Context) -> Workers:
    """What the doctor asks of Celery."""
    from worker.schedule import next_times  # noqa: PLC0415

    return Workers(a_worker_answers, lambda: next_times(ctx.settings))
