"""The wheel that the image installs: it holds all that the checkout has, files beside the code included."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipeline", "worker", "cli", "console", "emulator", "lab")


def test_the_built_wheel_holds_every_file_of_every_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    files = {file.relative_to(ROOT).as_posix() for package in PACKAGES for file in (ROOT / package).rglob("*.*")}
    files = {file for file in files if "__pycache__" not in file}
    assert {"console/templates/base.html", "console/static/htmx-4.0.1.min.js"} <= files
    assert files - held == set()


def test_every_package_is_copied_into_the_image() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [package for package in PACKAGES if f"COPY {package} {package}" not in lines] == []
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [package for package in PACKAGES if f"!{package}" not in let_in] == []
