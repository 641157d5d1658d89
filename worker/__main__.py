"""A worker: `python -m worker`.

It is `celery -A worker.app worker --without-mingle --without-gossip` without Celery's command line, which first loads
every command, those of Flower and a prompt among them.
"""

import argparse
import gc
import sys

gc.disable()  # what is loaded stays: nothing to collect before `worker_ready`
from pipeline.outgoing import guarded  # noqa: E402
from worker.awaited import await_table  # noqa: E402

with guarded():
    await_table()
from worker.app import app  # noqa: E402 it reads all settings


def main() -> None:
    """Work until told to stop; the exit code is Celery's."""
    parser = argparse.ArgumentParser(prog="python -m worker", description="Carry out the tasks of laike-sync.")
    parser.add_argument("--hostname", help="its name, if several run on one machine; by default celery@ and the host's")
    parser.add_argument("--pidfile", help="a file for its process id, removed when it ends")
    given = parser.parse_args()
    worker = app.Worker(
        hostname=given.hostname,
        pidfile=given.pidfile,
        # both ask the other workers at the start, and nothing here needs their answers
        without_mingle=True,
        without_gossip=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
