"""Whatever lies where a file of ours should, each process names it and ends, or goes on without it; none hangs."""

import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.processes import BEAT, WORKER, flower, free_port
from tests import forks
from tests.lab import Lab
from tests.workers import SHORT, command, wait_until, workers

LAIKE = (sys.executable, "-m", "cli.main")
PROCESSES = {
    "laike": (*LAIKE, "runs"),
    "doctor": (*LAIKE, "doctor"),
    "init": (*LAIKE, "init", "--yes"),
    "worker": WORKER,
    "celery worker": command("worker"),
    "beat": BEAT,
    "flower": flower(free_port()),
    "celery call": command("call", "laike.daily"),
}
# what may lie where a file should
THINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a FIFO": (os.mkfifo, "it is a FIFO"),
    "a folder": (Path.mkdir, "it is a folder"),
    "without an end": (lambda path: path.symlink_to("/dev/zero"), "it is a device"),
    "GBK": (lambda path: path.write_bytes("LAIKE_ACCOUNTS=城东店".encode("gbk")), "save it as UTF-8"),
}


def ended(lab: Lab, *names: str, **environment: str) -> dict[str, tuple[int, str]]:
    """How each process ends, and what it says."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    told = {**clean, "PYTHONPATH": str(Path.cwd()), **lab.environment(), **environment}
    found = {name: forks.run(PROCESSES[name], told, lab.home, timeout=60) for name in names or PROCESSES}
    return {name: (one.returncode, one.stdout + one.stderr) for name, one in found.items()}


def assert_refused(found: dict[str, tuple[int, str]], named: str, told: str) -> None:
    for name, (code, words) in found.items():
        assert (name, code) == (name, 3 if name == "doctor" else 2), words
        assert (name, named in words, told in words, "Traceback" in words) == (name, True, True, False), words


@pytest.mark.parametrize("thing", THINGS)
def test_an_env_file_that_is_none_is_named_by_every_process(thing: str, lab: Lab) -> None:
    lay, told = THINGS[thing]
    lay(lab.home / ".env")
    some = () if thing == "a FIFO" else ("laike", "worker")  # each process once, and each thing
    assert_refused(ended(lab, *some), ".env cannot be read: ", told)


def test_a_secret_file_and_a_toml_that_are_none_are_named_together(lab: Lab) -> None:
    os.mkfifo(lab.home / "secret")
    (lab.home / "laike.toml").symlink_to("/dev/zero")
    found = ended(lab, "laike", "worker", "flower", LAIKE_FEISHU_APP_SECRET_FILE="secret")
    assert_refused(found, "LAIKE_FEISHU_APP_SECRET_FILE: secret cannot be read: ", "it is a FIFO")
    assert_refused(found, "laike.toml cannot be read: ", "it is a device")


def bomb(path: Path) -> None:
    """Some kilobytes that are 64 MiB."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))


@pytest.mark.parametrize(
    ("words", "thing"), [(["restore"], "a FIFO"), (["restore"], "a bomb"), (["token", "import"], "without an end")]
)
def test_a_file_that_a_person_gives_is_named_where_it_is_none(words: list[str], thing: str, lab: Lab) -> None:
    lay, _ = THINGS.get(thing, (bomb, ""))
    lay(lab.home / "given")
    done = lab.laike(*words, str(lab.home / "given"))
    assert (done.returncode, str(lab.home / "given") in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_pair_of_the_year_1_is_refused(lab: Lab) -> None:
    cache = json.loads(lab.token_cache().read_text())
    (lab.home / "cache").write_text(json.dumps(cache | {"expires_at": "0001-01-01T00:00:00"}))
    done = lab.laike("token", "import", str(lab.home / "cache"))
    assert (done.returncode, "no token ends at its expires_at, in the year 1" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("thing", ["a FIFO", "of mode 0666"])
def test_a_bad_mirror_stops_no_start_while_redis_has_the_pair(thing: str, lab: Lab) -> None:
    lab.extra |= SHORT
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    mirror = Path(lab.environment()["LAIKE_TOKEN_FILE"])
    if thing == "of mode 0666":
        mirror.chmod(0o666)
    else:
        mirror.unlink()
        THINGS[thing][0](mirror)
    with workers(lab) as team:
        worker = team.worker()
        assert team.result(team.send("laike.keep_token"))["status"] == "SUCCESS"
        told = "token_mirror_was_open" if thing == "of mode 0666" else "token_mirror_not_readable"
        assert wait_until(lambda: told in worker.words())
        assert worker.words().count(told) == 1
    doctor = json.loads(lab.laike("doctor", "--json").stdout)
    if thing == "of mode 0666":
        assert mirror.stat().st_mode & 0o777 == 0o600
    else:
        assert [str(mirror) in one["says"] for one in doctor if one["check"] == "token.mirror"] == [True]


def test_a_bad_mirror_is_named_where_redis_has_no_pair(lab: Lab) -> None:
    mirror = Path(lab.environment()["LAIKE_TOKEN_FILE"])
    mirror.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(mirror)
    done = lab.laike("token", "status")
    assert (done.returncode, f"its mirror {mirror} cannot be read: it is a FIFO" in done.stderr) == (4, True), (
        done.stderr
    )


def test_an_unknown_name_is_told_once_by_a_process(lab: Lab) -> None:
    some = ("laike", "doctor", "worker", "celery call")
    found = ended(lab, *some, LAIKE_LOKBACK_DAYS="canary", LAIKE_LOOKBACK_DAYS="none")
    told = "LAIKE_LOKBACK_DAYS is unknown: did you mean LAIKE_LOOKBACK_DAYS?"
    for name, (_, words) in found.items():
        assert (name, words.count(told), "canary" in words) == (name, 1, False), words
    done = lab.laike("sync", LAIKE_LOKBACK_DAYS="canary")  # valid settings, and it loads what a worker loads
    assert (done.returncode, done.stderr.count(told)) == (3, 1), done.stderr
