"""The emulator as a process, and its start and reset as quick as tests need them."""

import json
import signal
import socket
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest
import requests

from emulator.server import EmulatorServer
from emulator.world.world import World
from tests.emulator.client import Client


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_the_process_tells_where_it_is_and_ends_on_a_signal(wanted: signal.Signals) -> None:
    command = [sys.executable, "-m", "emulator", "--day", "2025-06-30", "--seed", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        state = requests.get(facts["url"] + "/_control/state", timeout=10).json()
        process.send_signal(wanted)
        assert process.wait(10) == 0
    assert (facts["day"], state["last_day"]) == ("2025-06-30", "2025-06-30")
    assert facts["expires_at"].endswith("+08:00")
    assert facts.keys() == {
        "url", "day", "app_id", "secret", "redirect_uri", "access_token", "refresh_token", "expires_at",
        "wiki_token", "wiki_page_token",
        "refresh_expires_at", "accounts", "feishu_app_id", "feishu_app_secret", "app_token", "typed_table_id",
        "text_table_id", "webhook_path",
    }  # fmt: skip


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_is_listened_on_and_told_in_brackets() -> None:
    command = [sys.executable, "-m", "emulator", "--host", "::1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        state = requests.get(facts["url"] + "/_control/state", timeout=10)
        reset = requests.post(facts["url"] + "/_control/reset", timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert facts["url"].startswith("http://[::1]:")
    assert (state.status_code, reset.status_code) == (200, 200)


def test_a_day_that_is_not_over_is_refused() -> None:
    with pytest.raises(ValueError, match="not over yet"):
        World(day=date.fromisoformat(World().clock.today().isoformat()) + timedelta(days=1))


def test_the_same_seed_gives_the_same_figures() -> None:
    day = date(2025, 6, 30)
    shown = []
    for seed in (3, 3, 4):
        with EmulatorServer(seed, day) as server, Client(server.facts()) as client:
            shown.append(client.look("figures")["rows"])
    assert shown[0] == shown[1] != shown[2]


def test_a_reset_is_quick_and_whole(emulator: Client) -> None:
    before = emulator.look("state")
    emulator.control("latency", {"base.meta": 1})
    emulator.control("faults", {"endpoint": "base.meta", "kind": "garbage"})
    emulator.control("settings", {"row_cap": 5})
    emulator.control("columns/delete", {"table_id": emulator.facts["typed_table_id"], "field_name": "备注"})
    emulator.oauth()
    started = time.perf_counter()
    emulator.control("reset")
    assert time.perf_counter() - started < 0.05
    volatile = {"now", "oauth"}
    after = emulator.look("state")
    assert {k: v for k, v in after.items() if k not in volatile} == {
        k: v for k, v in before.items() if k not in volatile
    }
    assert after["oauth"]["access_token"] == emulator.facts["access_token"]
