"""The directions of import, kept by import-linter; and proof that each contract can break."""

import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
CONFIG: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

# A line that must not be, where it is planted, and the contract that it breaks.
PLANTED = [
    ("worker/__init__.py", "import cli", "packages"),
    ("pipeline/clients/__init__.py", "import worker", "packages"),
    ("pipeline/clients/__init__.py", "import lab", "packages"),
    ("worker/__init__.py", "import lab", "packages"),
    ("lab/__init__.py", "import cli", "packages"),
    ("pipeline/core/table/diff.py", "import pipeline.steps", "floors of the business"),
    ("pipeline/state/__init__.py", "import pipeline.clients", "floors of the business"),
    ("pipeline/core/model.py", "import pipeline.core.table.diff", "rooms of the core"),
    ("pipeline/core/runs/plan.py", "import pipeline.core.coverage.owed", "rooms of the core"),
    ("pipeline/steps/table/read.py", "import pipeline.steps.runs.once", "rooms of the steps"),
    ("pipeline/state/lease.py", "import pipeline.state.runs.ledger", "rooms of the state"),
    ("pipeline/clients/http.py", "import pipeline.clients.retry", "clients"),
    ("emulator/world/world.py", "import emulator.control.actions", "folders of the emulator"),
    ("emulator/feishu/state.py", "import emulator.world.world", "folders of the emulator"),
    ("emulator/feishu/state.py", "import emulator.oceanengine.state", "folders of the emulator"),
    ("pipeline/core/runs/plan.py", "import redis", "the core and the renderers do no I/O"),
    ("pipeline/render/__init__.py", "import requests", "the core and the renderers do no I/O"),
    ("pipeline/state/__init__.py", "import celery", "the business knows nothing of Celery"),
    ("emulator/__init__.py", "import pipeline.core.model", "the emulator stands alone"),
    (
        "pipeline/clients/feishu/__init__.py",
        "import pipeline.clients.oceanengine",
        "the two APIs do not know each other",
    ),
]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(LINT), "--no-cache", "--config", str(root / "pyproject.toml")]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)


def copied(to: Path) -> None:
    """The packages and their contracts, to be spoiled."""
    for package in CONFIG["root_packages"]:
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", to)


def verdicts(output: str) -> dict[str, str]:
    """Contract name → KEPT or BROKEN."""
    found = re.findall(r"^(\S.*?) (KEPT|BROKEN)\b", output, flags=re.MULTILINE)
    return dict(found)


def test_all_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(done.stdout) == {contract["name"]: "KEPT" for contract in CONFIG["contracts"]}


def test_every_contract_is_shown_to_break() -> None:
    assert {name for _, _, name in PLANTED} == {contract["name"] for contract in CONFIG["contracts"]}


@pytest.mark.parametrize(("path", "line", "contract"), PLANTED, ids=[f"{line} in {path}" for path, line, _ in PLANTED])
def test_an_import_in_the_wrong_direction_is_seen(tmp_path: Path, path: str, line: str, contract: str) -> None:
    copied(tmp_path)
    with (tmp_path / path).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert verdicts(done.stdout)[contract] == "BROKEN", done.stdout


@pytest.mark.parametrize(
    "folder", ["pipeline", "pipeline/core", "pipeline/steps", "pipeline/state", "pipeline/clients", "emulator"]
)
def test_a_module_that_no_layer_names_is_seen(tmp_path: Path, folder: str) -> None:
    copied(tmp_path)
    (tmp_path / folder / "nowhere.py").write_text('"""In no room."""\n', encoding="utf-8")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert "nowhere" in done.stdout


def order_of(graph: grimp.ImportGraph) -> tuple[str, ...]:
    """Modules after those that they import, for types only too. Raises CycleError where some go in a circle."""
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    return tuple(TopologicalSorter(imported).static_order())


def test_no_modules_of_the_emulator_import_each_other_in_a_circle() -> None:
    order = order_of(grimp.build_graph("emulator", cache_dir=None))
    assert order.index("emulator.feishu.state") < order.index("emulator.world.world") < order.index("emulator.app")


def test_a_circle_is_seen() -> None:
    graph = grimp.build_graph("emulator", cache_dir=None)
    graph.add_import(importer="emulator.shared.wire", imported="emulator.app")
    with pytest.raises(CycleError):
        order_of(graph)
