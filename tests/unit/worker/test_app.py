import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

SETTINGS = {
    "LAIKE_BITABLE_APP_TOKEN": "bas1",
    "LAIKE_BITABLE_TABLE_ID": "tbl1",
    "LAIKE_FEISHU_APP_ID": "cli_1",
    "LAIKE_FEISHU_APP_SECRET": "secret",
    "LAIKE_OCEANENGINE_APP_ID": "1",
    "LAIKE_OCEANENGINE_SECRET": "secret",
    "LAIKE_REDIS_URL": "redis://127.0.0.1:1/0",  # nobody listens
}
GET_READY = """
import gc, worker.__main__
from celery.signals import worker_ready
assert not gc.isenabled()
worker_ready.send(sender=None)
print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_the_collector_rests_while_a_worker_loads_and_works_from_then_on_whatever_becomes_of_redis() -> None:
    found = subprocess.run(
        [sys.executable, "-c", GET_READY],
        env={**os.environ, **SETTINGS, "LAIKE_TOKEN_KEYS": Fernet.generate_key().decode()},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.split() == ["True", "True"], found.stderr


def run_as(role: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a role, with no setting but the address of Redis."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    return subprocess.run(
        [sys.executable, *words],
        env={**clean, "LAIKE_REDIS_URL": SETTINGS["LAIKE_REDIS_URL"], "LAIKE_ROLE": role},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


READ_BY = """
import json, sys
from pipeline import settings_roles
from worker import app

read = set()

class Watched:
    def __getattr__(self, name):
        read.add(name)
        return getattr(app.settings, name)

app.build(Watched())
print(json.dumps(sorted(read - {"redis_address"} - settings_roles.NEEDS[app.settings.role])))
"""


@pytest.mark.parametrize("role", ["beat", "flower"])
def test_the_application_reads_nothing_that_its_role_was_not_judged_by(role: str) -> None:
    found = run_as(role, "-c", READ_BY)
    assert (found.stdout.split(), found.returncode) == (["[]"], 0), found.stderr


@pytest.mark.parametrize("words", [("-m", "worker"), ("-m", "cli.main", "runs")])
def test_in_the_place_of_beat_neither_a_worker_nor_a_command_starts(words: tuple[str, ...]) -> None:
    ended = run_as("beat", *words)
    assert (ended.returncode, "LAIKE_ROLE is beat: this needs all settings" in ended.stderr) == (2, True)
    assert "Traceback" not in ended.stderr
