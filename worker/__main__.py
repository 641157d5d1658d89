"""A worker: `python -m worker`.

It is what `celery -A worker.app worker --without-mingle --without-gossip` starts, without Celery's command line, which
loads every command there is, Flower's and a prompt's among them, before it runs one.
"""

import argparse
import gc
import sys

gc.disable()  # what is loaded stays, so looking through it is for nothing; from `worker_ready` on it pays
from worker.app import app  # noqa: E402


def main() -> None:
    """Work until told to stop; the exit code is Celery's."""
    parser = argparse.ArgumentParser(prog="python -m worker", description="Work on what laike-sync sends.")
    parser.add_argument("--hostname", help="its name where several run on one machine; celery@ the host's without it")
    parser.add_argument("--pidfile", help="a file for its process id, gone when it ends")
    given = parser.parse_args()
    worker = app.Worker(
        hostname=given.hostname,
        pidfile=given.pidfile,
        # both ask the other workers before anything is done, and nothing here needs their answers
        without_mingle=True,
        without_gossip=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
