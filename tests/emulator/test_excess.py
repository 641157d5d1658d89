"""Answers that drip or swell. The emulator never holds a swollen one as a whole."""

import gzip
import json
from typing import Any

import psutil
import pytest
import requests

from tests.emulator.client import TYPED, Client

MIB = 1 << 20


def fault(emulator: Client, kind: str, **details: Any) -> None:  # noqa: ANN401 - any detail
    emulator.control("faults", [{"endpoint": "records.batch_create", "kind": kind, **details}])


def write(emulator: Client, **how: Any) -> requests.Response:  # noqa: ANN401 - requests' own
    record = {"fields": {"单元ID": "7612340000000001001"}}
    return emulator.table("POST", "/records/batch_create", json={"records": [record]}, **how)


def rows(emulator: Client) -> int:
    tables = {known["table_id"]: known for known in emulator.look("state")["tables"]}
    return int(tables[emulator.facts[TYPED]]["records"])


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_drips_breaks_off_after_its_effect(emulator: Client, part: str) -> None:
    fault(emulator, "drip", part=part, seconds=0.2)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        write(emulator)
    assert rows(emulator) == 2
    assert write(emulator).json()["code"] == 0


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_swollen_answer_is_json_of_that_size_after_its_effect(emulator: Client, encoding: str) -> None:
    fault(emulator, "swell", mib=2, encoding=encoding)
    answer = write(emulator, stream=True)
    packed = answer.raw.read(decode_content=False)
    body = gzip.decompress(packed) if encoding == "gzip" else packed
    assert len(json.loads(body)["data"]) == 2 * MIB
    assert (len(packed) < MIB / 10) == (encoding == "gzip")
    assert rows(emulator) == 2


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_swollen_answer_is_nowhere_as_a_whole(emulator: Client, encoding: str) -> None:
    fault(emulator, "swell", mib=256, encoding=encoding)
    before = psutil.Process().memory_info().rss
    with write(emulator, stream=True) as answer:
        for _ in range(64):
            if not answer.raw.read1(1 << 16, decode_content=False):
                break
            assert psutil.Process().memory_info().rss < before + 64 * MIB
    assert write(emulator).json()["code"] == 0  # it ended with its reader


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "drip", "part": "tail", "seconds": 1},
        {"kind": "drip", "part": "head"},
        {"kind": "swell"},
        {"kind": "swell", "mib": 0},
        {"kind": "swell", "mib": 2000},
        {"kind": "swell", "mib": 1, "encoding": "br"},
    ],
)
def test_a_fault_of_another_shape_is_refused(emulator: Client, wrong: dict[str, Any]) -> None:
    answer = emulator.send("POST", "/_control/faults", json=[{"endpoint": "report.promotion", **wrong}])
    assert answer.status_code == 400
