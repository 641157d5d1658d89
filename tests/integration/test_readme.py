"""The README's commands, as a person types them: against the emulator instead of the real services."""

import re
import shlex
import sys
from pathlib import Path

from tests.lab import Lab, agree
from tests.workers import SHORT, workers

ROOT = Path(__file__).resolve().parents[2]
# what is not run here, and why
ELSEWHERE = {
    "make demo": "tests/integration/test_demo.py runs it",
    "make test": "this is a part of it",
    "make setup": "it made the environment that this runs in",
    "cp .env.example .env": "the settings are those of the lab",
    ".venv/bin/laike doctor": "no worker runs at that point, which it says: tests/integration/test_doctor.py",
}
STAYS = ("worker", "beat")


def lines() -> list[str]:
    """Every command of the README's shell blocks, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return [line.split("  #")[0].split("   #")[0].strip() for block in blocks for line in block.splitlines() if line]


def words(line: str, lab: Lab) -> list[str]:
    """A command with the programs of this environment, and with the address that a real authorization leads to."""
    program, *rest = shlex.split(line)
    link = lab.context().tokens.link
    return [
        program.replace(".venv/bin", str(Path(sys.executable).parent)),
        *(agree(link) if "auth_code=…" in word else word for word in rest),
    ]


def test_what_is_run_elsewhere_is_in_the_readme() -> None:
    assert ELSEWHERE.keys() <= set(lines())


def test_the_readme_s_commands_work_in_their_order(lab: Lab) -> None:
    lab.extra |= SHORT
    with workers(lab) as team:
        for line in lines():
            if line in ELSEWHERE:
                continue
            command = words(line, lab)
            if any(word in command for word in STAYS):
                member = team.stay(tuple(command))
                assert not member.ended_within(3), f"{line}\n{member.words()}"
            else:
                ended = team.run(*command)
                assert ended.returncode == 0, f"{line}\n{ended.stderr}"
