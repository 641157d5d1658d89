"""The README's commands, as a person types them: against the emulator instead of the real services."""

import re
import shlex
import sys
from pathlib import Path

from lab.processes import free_port
from tests.lab import Lab
from tests.workers import SHORT, wait_until, workers

ROOT = Path(__file__).resolve().parents[2]
# what is not run here, and why
ELSEWHERE = {
    "make demo": "tests/integration/test_demo.py runs it",
    "make test": "this is a part of it",
    "make setup": "it made the environment that this runs in",
    "cp .env.example .env": "the settings are those of the lab",
    ".venv/bin/laike doctor": "no worker runs at that point, which it says: tests/integration/test_doctor.py",
    "docker compose --profile demo up --build": "it needs an engine: scripts/docker-test",
    "docker compose up --build --detach --wait": "it needs an engine: scripts/docker-test",
    "docker compose exec worker laike sync --tell": "it needs an engine: scripts/docker-test",
    "docker compose --profile demo down --volumes": "it needs an engine: scripts/docker-test",
    "docker compose logs check": "it needs an engine; tests/deploy runs the check",
}
STAYS = ("worker", "beat", "worker.flower")


def lines() -> list[str]:
    """Every command of the README's shell blocks, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return [line.split("  #")[0].split("   #")[0].strip() for block in blocks for line in block.splitlines() if line]


def words(line: str) -> tuple[list[str], dict[str, str]]:
    """A command and what stands before it for the environment; programs are those of this environment."""
    parts = shlex.split(line)
    told = dict(part.split("=", 1) for part in parts if re.match(r"[A-Z_]+=", part))
    command = [part for part in parts if not re.match(r"[A-Z_]+=", part)]
    return [command[0].replace(".venv/bin", str(Path(sys.executable).parent)), *command[1:]], told


def test_at_most_ten_commands_are_run_elsewhere_and_each_is_in_the_readme() -> None:
    assert len(ELSEWHERE) <= 10
    assert ELSEWHERE.keys() <= set(lines())


def test_the_readme_s_commands_work_in_their_order(lab: Lab) -> None:
    lab.extra |= SHORT
    (lab.home / ".token_cache.json").write_text(lab.token_cache().read_text(encoding="utf-8"), encoding="utf-8")
    with workers(lab) as team:
        for line in lines():
            if line in ELSEWHERE:
                continue
            command, told = words(line)
            if any(word in command for word in STAYS):
                member = team.stay(tuple(command), FLOWER_PORT=str(free_port()), **told)
                assert not member.ended_within(3), f"{line}\n{member.words()}"
            else:
                ended = team.run(*command)
                assert ended.returncode == 0, f"{line}\n{ended.stderr}"
        assert wait_until(lambda: team.results("laike.backfill"))
