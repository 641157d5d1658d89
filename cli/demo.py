"""`laike demo`: the whole job on the emulator, told step by step. Everything it starts ends with it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from cli import lab, output
from pipeline.core.errors import LaikeError

FOLDER = Path("demo-output")


@dataclass(frozen=True, slots=True)
class Demo:
    """A lab and the environment in which `laike` works on it."""

    emulator: lab.Emulator
    environment: dict[str, str]

    def sync(self, expect: int) -> dict[str, Any]:
        """A run, and what `laike runs --json` says of it."""
        self.laike("sync", "--local", expect=expect)
        newest: dict[str, Any] = json.loads(self._run(("runs", "1", "--json"), capture=True).stdout)[0]
        return newest

    def laike(self, *words: str, expect: int) -> None:
        """Run a command as a person would.

        Raises:
            LaikeError: It ended with another exit code than the demo is about.
        """
        output.out.print(f"\n[bold]$ laike {' '.join(words)}[/]")
        code = self._run(words).returncode
        output.out.print(f"exit code {code}")
        if code != expect:
            msg = f"`laike {' '.join(words)}` ended with {code}, expected was {expect}"
            raise LaikeError(msg)

    def control(self, action: str, body: object) -> None:
        """Change something in the emulator."""
        answer = requests.post(f"{self.emulator.url}/_control/{action}", json=body, timeout=10)
        answer.raise_for_status()

    def look(self, what: str, **params: str) -> Any:  # noqa: ANN401 JSON
        """Look into the emulator."""
        answer = requests.get(f"{self.emulator.url}/_control/{what}", params=params, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _run(self, words: Sequence[str], *, capture: bool = False) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603 our own command
            [sys.executable, "-m", "cli.main", *words],
            env=os.environ | self.environment,
            stdout=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )


def demo(*, keep: bool) -> int:
    """Run the demo; exit code 0 when everything went as told.

    Raises:
        LaikeError: Something did not.
    """
    with contextlib.ExitStack() as started:
        redis_url = started.enter_context(lab.redis_server())
        home = Path(tempfile.mkdtemp(prefix="laike-demo-"))
        emulator = started.enter_context(lab.emulator(clean=home))
        environment = lab.settings_for(emulator.facts, redis_url, home)
        environment["LAIKE_TOKEN_KEYS"] = Fernet.generate_key().decode()
        _tell(Demo(emulator, environment), home)
        if keep:
            _stay(emulator.url)
    return output.DONE


def _tell(demo: Demo, home: Path) -> None:
    output.out.print(f"emulator of both APIs: {demo.emulator.url}; accounts: {len(demo.emulator.facts['accounts'])}")
    _step(1, "The token of the old script is taken over.")
    demo.laike("token", "import", str(_token_cache(demo, home)), expect=output.DONE)
    _step(2, "The day's run: fetch, compare, write, read back, views.")
    first = demo.sync(output.DONE)
    _print_table_content(demo)
    _step(3, "Again: the table is right already, so nothing is written.")
    again = demo.sync(output.DONE)
    _check(again["created"] == again["updated"] == 0, "the second run writes nothing")
    _step(4, "One figure changes at the source: one row is updated, and called restated.")
    _restate(demo, first["day"])
    restated = demo.sync(output.DONE)
    _check((restated["updated"], restated["restated"]) == (1, 1), "one row updated, its account day restated")
    _step(5, "One account breaks: the others are loaded, the broken one is named, the exit code says so.")
    broken = first["accounts"][1]["id"]
    demo.control("faults", [_broken(broken)])
    partial = demo.sync(output.IN_PART)
    named = [account["id"] for account in partial["accounts"] if account["state"] == "failed"]
    _check(named == [broken], "exactly the broken account is named")
    _step(6, "The account is back: the next run heals it without anybody's help.")
    demo.control("faults/clear", {})
    demo.sync(output.DONE)
    _save_page(demo)


def _step(number: int, text: str) -> None:
    output.out.print(f"\n[bold cyan]{number}. {text}[/]")


def _check(held: bool, what: str) -> None:
    if not held:
        msg = f"the demo expected that {what}"
        raise LaikeError(msg)
    output.out.print(f"[green]✓[/] {what}")


def _token_cache(demo: Demo, home: Path) -> Path:
    """A file such as the old script kept."""
    names = ("access_token", "refresh_token", "expires_at", "refresh_expires_at")
    file = home / "old_token_cache.json"
    file.write_text(json.dumps({name: demo.emulator.facts[name] for name in names}), encoding="utf-8")
    return file


def _restate(demo: Demo, day: str) -> None:
    account_id = next(iter(demo.emulator.facts["accounts"]))
    row = demo.look("figures", account_id=account_id, start=day, end=day)["rows"][0]
    change = {"account_id": account_id, "promotion_id": str(row["promotion_id"]), "day": day, "stat_cost": 4321.5}
    demo.control("figures", change)
    output.out.print(f"{row['promotion_name']}: stat_cost {row['stat_cost']} becomes 4321.5")


def _broken(account_id: str) -> dict[str, Any]:
    return {
        "endpoint": "report.promotion",
        "times": "always",
        "kind": "code",
        "code": 40002,
        "message": "没有权限进行相关操作",
        "match": {"local_account_id": account_id},
    }


def _print_table_content(demo: Demo) -> None:
    for table in demo.look("state")["tables"]:
        views = ", ".join(view["view_name"] for view in table["views"])
        output.out.print(f"table {table['name']}: {table['records']} rows; views: {views}", highlight=False)


def _save_page(demo: Demo) -> None:
    facts = demo.emulator.facts
    view = next(iter(facts["accounts"].values()))
    page = requests.get(
        f"{demo.emulator.url}/snapshot", params={"table": facts["typed_table_id"], "view": view}, timeout=30
    )
    page.raise_for_status()
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / "index.html"
    file.write_text(page.text, encoding="utf-8")
    output.out.print(f"\nTable, view, status table and cards: {file.resolve()}", highlight=False)


def _stay(url: str) -> None:
    output.out.print(f"\nThe page stays at [bold]{url}/[/] until Ctrl-C.", highlight=False)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
