"""`laike init`: it shows what it would make, makes that and nothing else, and has nothing to do afterwards."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from cli.table.init import init
from emulator.feishu.bitable.model import Table
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.state import envfile
from tests.lab import WRITES, Lab

OWNER_ONLY = 0o600
EMPTY = {"LAIKE_BITABLE_TABLE_ID": "", "LAIKE_TOKEN_KEYS": "", "LAIKE_FLOWER_LOGIN": ""}
OLD_ENV = """\
# ours since 2024
JULIANG_APP_ID=1  # kept
export LAIKE_TOKEN_KEYS=
LAIKE_FLOWER_LOGIN=
OTHER='with "signs" # and $'
"""


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A lab with a login of Flower, so that no key is missing."""
    lab.extra["LAIKE_FLOWER_LOGIN"] = "user:password"
    return lab


def tables(lab: Lab) -> dict[str, str]:
    """Names and ids of the base's tables."""
    return {table["name"]: table["table_id"] for table in lab.look("state")["tables"]}


def without_our_table(lab: Lab) -> Table:
    """The base as a person has it who never had such a table; the table that goes by another name now."""
    table = lab.server.world.feishu.base.tables[lab.table_id]
    table.name = "别的表"
    return table


def env(lab: Lab) -> dict[str, str]:
    """Variables of the lab's `.env`."""
    lines = (lab.home / ".env").read_text(encoding="utf-8").splitlines()
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line)
    return {name: value for name, _, value in pairs}


def plan_of(ended: "subprocess.CompletedProcess[str]") -> list[str]:
    """What it would do."""
    return [line.strip(" •") for line in ended.stdout.splitlines() if "•" in line]


def test_a_new_installation_gets_keys_table_status_table_and_views(lab: Lab) -> None:
    other = without_our_table(lab)
    before = len(other.fields)
    ended = lab.laike("init", "--yes", **EMPTY)
    assert ended.returncode == 0, ended.stderr
    made = lab.table_named("广告日报")
    assert [field["field_name"] for field in made["fields"]] == [column.name for column in DEFAULT_COLUMNS]
    assert [field["type"] for field in made["fields"]] == [1, 5, 1, 1, 2, 2, 2, 2]
    assert {view["view_name"] for view in made["views"]} >= set(lab.facts["accounts"].values())
    assert "同步状态" in tables(lab)
    assert env(lab)["LAIKE_BITABLE_TABLE_ID"] == made["table_id"]
    assert len(other.fields) == before
    again = lab.laike("init", **EMPTY)
    assert (again.returncode, plan_of(again)) == (0, []), again.stderr
    assert "nothing to do" in again.stdout


def test_what_init_made_takes_a_run_and_passes_the_doctor(lab: Lab) -> None:
    without_our_table(lab)
    assert lab.laike("init", "--yes", **EMPTY).returncode == 0
    lab.at_real_time()
    lab.extra |= EMPTY
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    run = lab.laike("sync", "--local", "--day", lab.day.isoformat())
    assert run.returncode == 0, run.stdout
    checked = lab.laike("doctor")
    assert "✗" not in checked.stdout
    warned = [line.partition(":")[0] for line in checked.stdout.splitlines() if line.startswith("!")]
    assert warned == ["! worker", "! beat"]  # nobody started them yet


def test_keys_go_into_env_readable_by_its_owner_only_and_other_lines_stay(lab: Lab) -> None:
    file = lab.home / ".env"
    file.write_text(OLD_ENV, encoding="utf-8")
    file.chmod(0o644)
    ended = lab.laike("init", "--yes", LAIKE_TOKEN_KEYS="", LAIKE_FLOWER_LOGIN="")
    assert ended.returncode == 0, ended.stderr
    assert stat.S_IMODE(file.stat().st_mode) == OWNER_ONLY
    lines = file.read_text(encoding="utf-8").splitlines()
    key = lines[2].removeprefix("export LAIKE_TOKEN_KEYS=")
    Fernet(key)
    user, _, password = lines[3].removeprefix("LAIKE_FLOWER_LOGIN=").partition(":")
    assert (user, len(password) > 10) == ("laike", True)
    assert [lines[0], lines[1], lines[4]] == [OLD_ENV.splitlines()[place] for place in (0, 1, 4)]
    assert len(lines) == len(OLD_ENV.splitlines())
    assert key not in ended.stdout + ended.stderr
    assert password not in ended.stdout + ended.stderr
    assert sorted(path.name for path in lab.home.iterdir() if path.name.startswith(".env")) == [".env"]


def test_a_key_that_is_there_is_never_replaced(ready: Lab) -> None:
    file = ready.home / ".env"
    file.write_text("LAIKE_TOKEN_KEYS=canary\n", encoding="utf-8")
    ready.laike("init", "--yes")
    assert file.read_text(encoding="utf-8") == "LAIKE_TOKEN_KEYS=canary\n"


def test_without_a_terminal_and_without_yes_the_plan_is_shown_and_nothing_is_changed(lab: Lab) -> None:
    without_our_table(lab)
    ended = lab.laike("init", **EMPTY)
    assert ended.returncode == 2
    shown = "\n".join(plan_of(ended))
    for word in ("LAIKE_TOKEN_KEYS", "LAIKE_FLOWER_LOGIN", "new table 广告日报", "时间 (日期)", "同步状态", "views"):
        assert word in shown
    assert "laike init --yes" in ended.stderr
    assert not (lab.home / ".env").exists()
    assert lab.calls(*WRITES, "fields.create") == 0


def test_a_missing_column_is_added_with_its_type_and_the_nearest_ones_are_named(ready: Lab) -> None:
    rename = {"table_id": ready.table_id, "field_name": "转化数", "name": "转化次数"}
    ready.control("columns/rename", rename)
    shown = ready.laike("init")
    assert "new columns 转化数 (数字)" in shown.stdout
    assert "转化次数" in shown.stdout
    ended = ready.laike("init", "--yes")
    assert ended.returncode == 0, ended.stderr
    fields = {field["field_name"]: field for field in ready.table_named("广告日报")["fields"]}
    assert (fields["转化数"]["type"], fields["转化数"]["property"]) == (2, {"formatter": "0"})
    assert "转化次数" in fields
    assert plan_of(ready.laike("init")) == []


def test_a_column_of_a_wrong_type_is_left_to_a_person(ready: Lab) -> None:
    ready.control("columns/rename", {"table_id": ready.table_id, "field_name": "单元ID", "name": "旧单元ID"})
    ready.control("columns/add", {"table_id": ready.table_id, "name": "单元ID", "type": 2})
    ended = ready.laike("init", "--yes")
    assert ended.returncode == 1
    assert "“单元ID”列是数字类型，请改为文本" in ended.stderr
    assert "同步状态" in tables(ready)


def test_a_table_of_our_name_is_taken_and_not_made_a_second_time(ready: Lab) -> None:
    ended = ready.laike("init", "--yes", LAIKE_BITABLE_TABLE_ID="")
    assert ended.returncode == 0, ended.stderr
    assert env(ready) == {"LAIKE_BITABLE_TABLE_ID": ready.table_id}
    assert ready.calls("tables.create") == 1  # 同步状态


def test_a_table_id_that_is_wrong_is_told_with_those_that_are_there(ready: Lab) -> None:
    ended = ready.laike("init", "--yes", LAIKE_BITABLE_TABLE_ID="tblNowhere")
    assert ended.returncode == 3
    assert ready.table_id in ended.stderr
    assert ready.calls(*WRITES, "fields.create") == 0


def test_what_is_not_set_yet_is_named_and_the_rest_is_done(lab: Lab) -> None:
    partly = {**EMPTY, "LAIKE_FEISHU_APP_SECRET": "", "LAIKE_ACCOUNTS": "", "LAIKE_OCEANENGINE_SECRET": ""}
    ended = lab.laike("init", "--yes", **partly)
    assert ended.returncode == 1, ended.stderr
    assert env(lab).keys() == {"LAIKE_TOKEN_KEYS", "LAIKE_FLOWER_LOGIN"}
    for name in ("LAIKE_FEISHU_APP_SECRET", "LAIKE_OCEANENGINE_SECRET"):
        assert name in ended.stderr
    assert lab.calls("feishu.token") == 0


def test_the_table_is_made_before_the_accounts_are_known(lab: Lab) -> None:
    without_our_table(lab)
    ended = lab.laike("init", "--yes", **EMPTY, LAIKE_ACCOUNTS="", LAIKE_OCEANENGINE_SECRET="")
    assert ended.returncode == 1, ended.stderr
    assert {"广告日报", "同步状态"} <= tables(lab).keys()
    assert ready_views(lab) == ["表格"]


def ready_views(lab: Lab) -> list[str]:
    return [view["view_name"] for view in lab.table_named("广告日报")["views"]]


def test_an_answer_that_is_lost_makes_no_second_table(ready: Lab) -> None:
    without_our_table(ready)
    ready.fault("tables.create", "drop_after", times=1)
    ended = ready.laike("init", "--yes", LAIKE_BITABLE_TABLE_ID="")
    assert ended.returncode == 0, ended.stderr
    assert [table["name"] for table in ready.look("state")["tables"]].count("广告日报") == 1
    assert env(ready)["LAIKE_BITABLE_TABLE_ID"] == tables(ready)["广告日报"]


def test_where_env_cannot_be_written_the_table_is_made_and_its_id_is_told(
    ready: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_our_table(ready)
    for name, value in {**ready.environment(), "LAIKE_BITABLE_TABLE_ID": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ready.home)

    def read_only(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(envfile, "replacing", read_only)
    monkeypatch.setattr("cli.table.init.log_to_stderr", lambda _level: None)  # it would outlive this test's stderr
    assert init(yes=True) == 1
    said = capsys.readouterr()
    assert f"LAIKE_BITABLE_TABLE_ID={tables(ready)['广告日报']}" in said.err
    assert "still to be set in .env: LAIKE_BITABLE_TABLE_ID" in said.err
    assert "同步状态" in tables(ready)


def test_without_redis_the_keys_are_made_and_the_table_is_not(lab: Lab) -> None:
    ended = lab.laike("init", "--yes", **EMPTY, LAIKE_REDIS_URL="redis://:canary-password@127.0.0.1:1/0")
    assert ended.returncode == 3
    assert env(lab).keys() == {"LAIKE_TOKEN_KEYS", "LAIKE_FLOWER_LOGIN"}
    assert "Redis at 127.0.0.1:1" in ended.stderr
    assert "canary-password" not in ended.stderr + ended.stdout
    assert lab.calls(*WRITES, "fields.create") == 0


def test_views_that_people_changed_or_deleted_stay_so(ready: Lab) -> None:
    ready.sync()
    first, second = list(ready.facts["accounts"].values())[:2]
    ready.control("views/delete", {"table_id": ready.table_id, "view_name": first})
    cost = next(field for field in ready.table_named("广告日报")["fields"] if field["field_name"] == "转化数")
    condition = {"field_id": cost["field_id"], "operator": "isNotEmpty", "value": "[]"}
    theirs = {"conjunction": "and", "conditions": [condition]}
    ready.control("views/filter", {"table_id": ready.table_id, "view_name": second, "filter_info": theirs})
    ended = ready.laike("init")
    assert (ended.returncode, plan_of(ended)) == (0, []), ended.stderr


@pytest.mark.parametrize(("word", "code", "made"), [("n", 2, False), ("y", 0, True)])
def test_at_a_terminal_a_person_is_asked(ready: Lab, word: str, code: int, made: bool) -> None:  # noqa: FBT001 a case
    person, terminal = os.openpty()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    asked = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "init"],
        env={**clean, "PYTHONPATH": str(Path.cwd()), **ready.environment()},
        cwd=ready.home,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(terminal)
    os.write(person, f"{word}\n".encode())
    _, said = asked.communicate(timeout=60)
    os.close(person)
    assert asked.returncode == code, said
    assert b"Carry this out?" in said
    assert ("同步状态" in tables(ready)) == made


def test_where_a_file_is_set_for_the_table_its_id_goes_there_and_every_command_finds_it(ready: Lab) -> None:
    without_our_table(ready)
    kept = {"LAIKE_BITABLE_TABLE_ID": "", "LAIKE_TABLE_FILE": str(ready.home / "kept-table")}
    ended = ready.laike("init", "--yes", **kept)
    assert ended.returncode == 0, ended.stderr
    assert f"{kept['LAIKE_TABLE_FILE']}: LAIKE_BITABLE_TABLE_ID=" in ended.stdout
    assert not (ready.home / ".env").exists()
    again = ready.laike("init", **kept)
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True), again.stderr
    assert ready.laike("runs", LAIKE_BITABLE_TABLE_ID="").returncode == 2
    assert ready.laike("runs", **kept).returncode == 0
