"""The demo's story: a morning on the emulator in seven paragraphs. Each does something and checks what came of it."""

import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from lab.services import wait_for
from lab.world import World
from pipeline.core.errors import LaikeError

DONE, IN_PART = 0, 1  # exit codes of `laike`
BACK_AFTER_S = 2  # as a restart policy would
SLOW = {"report.promotion": 1.0, "records.search": 0.5}  # seconds: time enough for a kill
CORRECTED = 4321.5
FORETOLD = re.compile("(.{10}) 起的数据将写入新表“(.+?)”")
REFUSAL = {"endpoint": "report.promotion", "times": "always", "kind": "code", "code": 40002}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """The story so far. A paragraph is a method: its docstring is the title, its result says what happened."""

    world: World
    runs: dict[str, Document] = field(default_factory=dict)  # by the paragraph's word for it

    def scheduled(self) -> str:
        """Seven in the morning: beat starts the daily run."""
        world = self.world
        world.commands.laike("token", "import", str(world.emulator.token_cache(world.home)), expect=DONE)
        world.set_clock()
        world.services.start()
        run_id = f"daily-{world.emulator.facts['day']}"
        wait_for("the daily run", lambda: self._recorded(run_id))
        world.commands.laike("show", run_id, "--follow", expect=DONE)
        in_time = "laike.daily" in world.services.log("beat")  # else it was not ready at seven, on a slow machine
        run = self._record(f"07:00, by {'beat' if in_time else 'the watchdog'}")
        wait_for("the views", lambda: len(run["accounts"]) == self._views())  # they follow the run's end
        return (
            f"{run['created']:,} rows of {len(run['accounts'])} accounts and {len(run['days'])} days are in the table, "
            f"read back and verified within {run['seconds']} s. Then each account got a view of its own."
            f"{_successor(run['warnings'])}"
        )

    def killed(self) -> str:
        """The worker is killed (kill -9) in the next run; 15 s later its work is handed out again."""
        world = self.world
        world.emulator.control("latency", SLOW)
        asked = self._report_calls()
        running = world.commands.begin("sync", "--tell")
        wait_for("the second run", lambda: self._report_calls() > asked)
        world.services.kill_worker()
        world.commands.write(f"kill -9 of the worker; a new one starts in {BACK_AFTER_S} s")
        time.sleep(BACK_AFTER_S)
        world.services.start_worker()
        world.commands.end(running, DONE)
        world.emulator.control("latency", dict.fromkeys(SLOW, 0))
        run = self._record("worker killed")
        expect(run["created"] == run["updated"] == 0, "the second run writes nothing")
        return (
            f"A new worker took the run over: a success, and none of the {run['unchanged']:,} rows was written twice."
        )

    def corrected(self) -> str:
        """One figure is corrected at the source."""
        account_id, day = next(iter(self.world.emulator.facts["accounts"])), self._first["day"]
        row = self.world.emulator.look("figures", account_id=account_id, start=day, end=day)["rows"][0]
        place = {"account_id": account_id, "promotion_id": str(row["promotion_id"]), "day": day}
        self.world.emulator.control("figures", {**place, "stat_cost": CORRECTED})
        run = self._sync("figure corrected")
        expect((run["updated"], run["restated"]) == (1, 1), "one row is updated, its account and day restated")
        return (
            f"{row['promotion_name']}: 消耗 {row['stat_cost']:,.2f} becomes {CORRECTED:,.2f} 元. "
            "One row is updated, and the card reports a restated day."
        )

    def refused(self) -> str:
        """Ocean Engine refuses one account."""
        broken = self._first["accounts"][1]
        fault = {**REFUSAL, "message": "没有权限进行相关操作", "match": {"local_account_id": broken["id"]}}
        self.world.emulator.control("faults", [fault])
        run = self._sync("account refused", IN_PART)
        failed = [account for account in run["accounts"] if account["state"] == "failed"]
        expect([account["id"] for account in failed] == [broken["id"]], "exactly the refused account is named")
        return (
            f"The other {len(run['accounts']) - 1} are loaded. {broken['name']} is named with the reason and the cure; "
            "the run is partial, its exit code 1, and the group gets a card."
        )

    def healed(self) -> str:
        """The account is back."""
        self.world.emulator.control("faults/clear", {})
        self._sync("account back")
        return "The next run loads it without anybody's help, and a card says that all is well again."

    def backfilled(self) -> str:
        """A day is loaded again by hand: celery call laike.backfill."""
        world, day = self.world, self._first["days"][0]
        task_id = world.commands.celery("call", "laike.backfill", "--kwargs", json.dumps({"start": day, "end": day}))
        path = f"/api/task/result/{task_id}"
        wait_for("the backfill's answer", lambda: world.services.flower.get(path).get("result"))
        run_id = world.services.flower.get(path)["result"]["run_id"]
        world.commands.laike("show", run_id, "--follow", expect=DONE)
        run = self._record("backfill of a day")
        return f"The call returns the run's id at once. The day's {run['unchanged']} rows were right already."

    def watched(self) -> str:
        """Flower has seen all of it."""
        flower = self.world.services.flower
        expect(flower.status("/api/tasks") == requests.codes.unauthorized, "Flower asks for a login")
        tasks = flower.get("/api/tasks").values()
        counts = Counter((task["name"], task["state"]) for task in tasks if task["name"])
        for (name, state), count in sorted(counts.items()):
            self.world.commands.write(f"{name} {state} {count}")
        self._check_tasks(counts)
        run_id = f"{self._first['run_id']},"
        fetches = [task for task in tasks if run_id in (task["kwargs"] or "") and "fetch_account" in task["name"]]
        expect(len(fetches) == len(self.world.emulator.facts["accounts"]), "a run's tasks are found by its id")
        return (
            f"{counts.total()} tasks, found by a run's id; the partial run, and it alone, is a FAILURE of laike.finish."
        )

    def save_page(self) -> Path:
        """Save the emulator's page: table, one account's view, status table and cards."""
        facts = self.world.emulator.facts
        shown = {"table": facts["typed_table_id"], "view": next(iter(facts["accounts"].values()))}
        page = requests.get(f"{self.world.emulator.url}/snapshot", params=shown, timeout=30)
        page.raise_for_status()
        file = self.world.folder / "index.html"
        file.write_bytes(page.content)
        return file

    @property
    def _first(self) -> Document:
        return next(iter(self.runs.values()))

    def _sync(self, word: str, code: int = DONE) -> Document:
        self.world.commands.laike("sync", "--tell", expect=code)
        return self._record(word)

    def _record(self, word: str) -> Document:
        self.runs[word] = self.world.commands.newest_run()
        return self.runs[word]

    def _recorded(self, run_id: str) -> bool:
        return bool(self._report_calls()) and self.world.commands.newest_run()["run_id"] == run_id

    def _report_calls(self) -> int:
        return int(self.world.emulator.look("calls")["counts"].get("report.promotion", 0))

    def _views(self) -> int:
        """How many accounts have a view in the table."""
        facts = self.world.emulator.facts
        tables = self.world.emulator.look("state")["tables"]
        (views,) = (table["views"] for table in tables if table["table_id"] == facts["typed_table_id"])
        return len(set(facts["accounts"].values()) & {view["view_name"] for view in views})

    def _check_tasks(self, counts: Mapping[tuple[str, str], int]) -> None:
        # a worker killed while it sends a chord sends the rest once more: more tasks than these are right, too
        runs = counts["laike.finish", "SUCCESS"] + counts["laike.finish", "FAILURE"]
        accounts = len(self.world.emulator.facts["accounts"])
        expect(counts["laike.fetch_account", "SUCCESS"] >= runs * accounts > 0, "each run fetches each account")
        expect(counts["laike.load", "SUCCESS"] >= runs, "each run loads")
        expect(counts["laike.finish", "FAILURE"] == 1, "only the partial run is a FAILURE of laike.finish")


PARAGRAPHS = (
    Story.scheduled,
    Story.killed,
    Story.corrected,
    Story.refused,
    Story.healed,
    Story.backfilled,
    Story.watched,
)


def _successor(warnings: Sequence[str]) -> str:
    """What a run foretells of the table's successor; nothing where that is too far ahead."""
    found = next(filter(None, map(FORETOLD.search, warnings)), None)
    return f" Before the table is full it gets a successor: {found[2]}, from {found[1]} on." if found else ""


def expect(held: object, what: str) -> None:
    """Check a claim of a paragraph."""
    if not held:
        raise LaikeError(f"not as expected: {what}")
