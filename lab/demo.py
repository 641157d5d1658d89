"""`laike demo`: the whole job on the emulator, told step by step. Everything it starts ends with it."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import requests

from cli.terminal import output
from lab.world import Stage, set_clock, stage
from pipeline.core.errors import LaikeError
from pipeline.state.files import replacing

FOLDER = Path("demo-output")
BACK_AFTER_S = 2  # as a restart policy would
SLOW = {"report.promotion": 1.0, "records.search": 0.5}  # seconds: long enough to be killed in


def demo(*, keep: bool) -> int:
    """Run the demo; exit code 0 when everything went as told.

    Raises:
        LaikeError: Something did not.
    """
    with stage() as made:
        _tell(made)
        if keep:
            _stay(made)
    return output.DONE


def _tell(made: Stage) -> None:
    output.say(f"emulator of both APIs: {made.emulator.url}; accounts: {len(made.emulator.facts['accounts'])}")
    _step(1, "The token of the old script is taken over.")
    made.laike("token", "import", str(_token_cache(made)), expect=output.DONE)
    first = _scheduled_run(made)
    _killed_run(made)
    _step(4, "One figure changes at the source: one row is updated, and called restated.")
    _restate(made, first["day"])
    restated = made.sync(output.DONE)
    _check((restated["updated"], restated["restated"]) == (1, 1), "one row updated, its account day restated")
    _step(5, "One account breaks: the others are loaded, the broken one is named, the exit code says so.")
    broken = first["accounts"][1]["id"]
    made.control("faults", [_broken(broken)])
    partial = made.sync(output.IN_PART)
    named = [account["id"] for account in partial["accounts"] if account["state"] == "failed"]
    _check(named == [broken], "exactly the broken account is named")
    _step(6, "The account is back: the next run heals it without anybody's help.")
    made.control("faults/clear", {})
    made.sync(output.DONE)
    _backfill(made, first["days"][0])
    _ask_flower(made)
    _save_page(made)


def _scheduled_run(made: Stage) -> dict[str, Any]:
    now = set_clock(made)
    _step(2, f"Worker, beat and Flower start. It is {now:%H:%M:%S} in Shanghai, and beat's own entry is due at 07:00.")
    made.start_worker()
    made.start_flower()
    made.start_beat()
    made.wait_until_ready()
    output.say("ready; waiting for beat")
    run_id = f"daily-{made.emulator.facts['day']}"
    made.wait_for("beat's daily run", lambda: "laike.daily" in made.log("beat") and _is_known(made, run_id))
    made.laike("show", run_id, "--follow", expect=output.DONE)
    for table in made.look("state")["tables"]:
        views = ", ".join(view["view_name"] for view in table["views"])
        output.say(f"table {table['name']}: {table['records']} rows; views: {views}")
    return made.newest_run()


def _killed_run(made: Stage) -> None:
    _step(3, "Again, and the worker is killed in the middle: the run ends well, and nothing is written twice.")
    made.control("latency", SLOW)
    running = made.begin("sync", "--tell")
    asked = made.look("calls")["counts"]["report.promotion"]
    made.wait_for("the second run", lambda: made.look("calls")["counts"]["report.promotion"] > asked)
    output.say((f"kill -9 {made.kill_worker()}", "red"), f"; a new worker starts in {BACK_AFTER_S} s")
    output.say("what the dead one was at is handed out again some 15 s after its last sign of life")
    time.sleep(BACK_AFTER_S)
    made.start_worker()
    made.end(running, output.DONE)
    made.control("latency", dict.fromkeys(SLOW, 0))
    again = made.newest_run()
    _check(again["created"] == again["updated"] == 0, "the second run writes nothing: the table was right already")


def _backfill(made: Stage, day: str) -> None:
    _step(7, "A manual backfill, as it is done in any container; its answer comes at once.")
    words = json.dumps({"start": day, "end": day})
    task_id = made.celery("call", "laike.backfill", "--kwargs", words)
    made.wait_for("the backfill's answer", lambda: made.flower(f"/api/task/result/{task_id}").json().get("result"))
    answer = made.flower(f"/api/task/result/{task_id}").json()["result"]
    output.say(json.dumps(answer, ensure_ascii=False))
    made.laike("show", answer["run_id"], "--follow", expect=output.DONE)


def _ask_flower(made: Stage) -> None:
    _step(8, "What Flower's API says of all this.")
    refused = made.flower("/api/tasks", login=False).status_code
    _check(refused == requests.codes.unauthorized, "without a login Flower answers 401")
    tasks = made.flower("/api/tasks").json().values()
    _show_chord(made, tasks)
    counts = Counter((task["name"], task["state"]) for task in tasks if task["name"])
    rows = [(name, state, str(count)) for (name, state), count in sorted(counts.items())]
    output.say_table(("task", "state", "count"), rows)
    # a worker killed while it sends a chord sends what is left of it once more: more tasks than these are no fault
    runs = counts["laike.finish", "SUCCESS"] + counts["laike.finish", "FAILURE"]
    fetches = counts["laike.fetch_account", "SUCCESS"]
    _check(fetches >= runs * len(made.emulator.facts["accounts"]) > 0, "each run: a fetch for each account,")
    _check(counts["laike.load", "SUCCESS"] >= runs, "and then a load")
    _check(counts["laike.finish", "FAILURE"] == 1, "the partial run, and it alone, is a FAILURE of laike.finish")


def _show_chord(made: Stage, tasks: Collection[dict[str, Any]]) -> None:
    """The tasks of the scheduled run, found by its id as one does in Flower's search box."""
    run_id = f"daily-{made.emulator.facts['day']},"
    found = sorted(task["name"] + task["args"] for task in tasks if run_id in (task["kwargs"] or ""))
    for line in found:
        output.say(f"  {line}")
    fetches = sum(line.startswith("laike.fetch_account(") for line in found)
    _check(fetches == len(made.emulator.facts["accounts"]), "the scheduled run's chord, found by its id")


def _is_known(made: Stage, run_id: str) -> bool:
    return bool(made.look("calls")["counts"].get("report.promotion")) and made.newest_run()["run_id"] == run_id


def _step(number: int, text: str) -> None:
    output.say()
    output.say((f"{number}. {text}", "bold cyan"))


def _check(held: bool, what: str) -> None:
    if not held:
        msg = f"the demo expected that {what}"
        raise LaikeError(msg)
    output.say(("✓", "green"), f" {what}")


def _token_cache(made: Stage) -> Path:
    """A file such as the old script kept."""
    names = ("access_token", "refresh_token", "expires_at", "refresh_expires_at")
    file = made.home / "old_token_cache.json"
    file.write_text(json.dumps({name: made.emulator.facts[name] for name in names}), encoding="utf-8")
    return file


def _restate(made: Stage, day: str) -> None:
    account_id = next(iter(made.emulator.facts["accounts"]))
    row = made.look("figures", account_id=account_id, start=day, end=day)["rows"][0]
    change = {"account_id": account_id, "promotion_id": str(row["promotion_id"]), "day": day, "stat_cost": 4321.5}
    made.control("figures", change)
    output.say(f"{row['promotion_name']}: stat_cost {row['stat_cost']} becomes 4321.5")


def _broken(account_id: str) -> dict[str, Any]:
    return {
        "endpoint": "report.promotion",
        "times": "always",
        "kind": "code",
        "code": 40002,
        "message": "没有权限进行相关操作",
        "match": {"local_account_id": account_id},
    }


def _save_page(made: Stage) -> None:
    facts = made.emulator.facts
    view = next(iter(facts["accounts"].values()))
    page = requests.get(
        f"{made.emulator.url}/snapshot", params={"table": facts["typed_table_id"], "view": view}, timeout=30
    )
    page.raise_for_status()
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / "index.html"
    with replacing(file) as opened:
        opened.write(page.text.encode())
    output.say()
    output.say(f"Table, view, status table and cards: {file.absolute()}")


def _stay(made: Stage) -> None:
    user, password = made.flower_login
    output.say()
    where = ("The page stays at ", (f"{made.emulator.url}/", "bold"), ", Flower at ", (f"{made.flower_url}/", "bold"))
    output.say(*where, f" (login {user}, password {password}), until Ctrl-C.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
