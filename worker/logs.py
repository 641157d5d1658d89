"""Log lines of workers and beat: one JSON object a line on stderr, with its run and task."""

import logging
import sys

import structlog

from pipeline.outgoing import without_secrets, without_what_acts

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
    without_what_acts,
)


def log_as_json(level: str) -> None:
    """Log our lines and the libraries' in one form; of the libraries, only warnings."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer(ensure_ascii=False), without_secrets],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # a line and its end in one write, so that no other thread's line comes between them
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                without_secrets,
            ],
            foreign_pre_chain=_SHARED,
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("celery").setLevel(number)
