import os
import subprocess
import sys

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
