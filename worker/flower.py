"""Flower with a login: `python -m worker.flower …`. Without one its pages would be open to all: it does not start."""

import os
import sys

from pipeline.core.errors import WrongInput
from pipeline.outgoing import guarded
from pipeline.settings import Settings

WITHOUT_LOGIN = "LAIKE_FLOWER_LOGIN is missing: Flower shows every task; give it a login of its own as user:password"


def main() -> None:
    """Become Flower.

    Raises:
        WrongInput: Settings are missing, its login among them.
    """
    login = Settings.load().flower_login
    if login is None:
        raise WrongInput(WITHOUT_LOGIN)
    os.environ["FLOWER_BASIC_AUTH"] = login.get_secret_value()  # by the environment: arguments can be seen
    command = [sys.executable, "-m", "celery", "-A", "worker.app", "flower", *sys.argv[1:]]
    os.execv(command[0], command)  # noqa: S606 our own command


if __name__ == "__main__":
    with guarded():
        main()
