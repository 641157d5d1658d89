"""Flower with a login: `python -m worker.flower …`. Without a login it does not start."""

import os
import sys

import redis.asyncio
from celery.bin.celery import main as celery_command
from flower.utils import broker

from pipeline import settings_roles
from pipeline.core.errors import WrongInput
from pipeline.outgoing import guarded
from pipeline.redis_address import RedisAddress
from pipeline.settings_notes import weak_login
from worker.flower_login import install
from worker.process import refuse_cluster
from worker.throttle import Throttle

WITHOUT_LOGIN = "LAIKE_FLOWER_LOGIN is missing: Flower shows every task; give it a login of its own as user:password"


class Socket(broker.RedisBase):
    """Counts waiting messages in a Redis behind a socket: Flower's own class forgets the user and the database."""

    def __init__(self, broker_url: str, *args: object, **options: object) -> None:
        super().__init__(broker_url, *args, **options)
        at = RedisAddress.read(broker_url)
        self.redis = redis.asyncio.Redis(
            unix_socket_path=at.path,
            username=at.username or None,
            password=at.password or None,
            db=at.db,
            socket_timeout=self.socket_timeout,
        )


def main() -> None:
    """Run Flower; `WrongInput` if settings are missing, its login among them, or Redis is a cluster."""
    settings = settings_roles.load()
    login = settings.flower_login
    if login is None:
        raise WrongInput(WITHOUT_LOGIN)
    refuse_cluster(settings)
    for line in weak_login(settings):
        sys.stderr.write(f"note: {line}\n")
    os.environ["FLOWER_BASIC_AUTH"] = login.get_secret_value()  # not in the arguments, which others can see
    broker.RedisSocket = Socket
    install(Throttle())
    sys.argv = ["celery", "-A", "worker.app", "flower", *sys.argv[1:]]
    sys.exit(celery_command())


if __name__ == "__main__":
    with guarded():
        main()
