"""A worker in a container whose table is still to be made waits for it: no restart is needed once it is there."""

import sys
import time

from pipeline.settings_roles import awaiting_table
from worker.heartbeat import beat

LOOK_S = 1.0  # between two looks for the table


def await_table() -> None:
    """Wait while the table alone is missing and the set-up can bring it; return at once if anything else is so."""
    said = False
    while settings := awaiting_table():
        if not said:
            sys.stderr.write("note: waiting for the table, which the console's set-up page makes\n")
        said = True
        beat(settings.heartbeat_file)
        time.sleep(LOOK_S)
