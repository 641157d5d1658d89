"""client_token: the same operation is done once (Bitable: batch create records)."""

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from emulator.feishu import envelope
from emulator.feishu.bitable.lookup import base_of
from emulator.feishu.envelope import refused
from emulator.feishu.state import Feishu
from emulator.shared.wire import Call, Reply

UUID_VERSION = 4


def once(feishu: Feishu, call: Call, token: str, work: Callable[[], dict[str, Any]]) -> Reply:
    """Do the work, unless it was done under this token. Without a token every call is an operation of its own."""
    if not token:
        return envelope.success(work())
    _check(token)
    mode, digest = feishu.settings.client_token_mode, _digest(call)
    # in whichever base it was done: no source says that a token may come again in another one
    former = next((base.operations[token] for base in feishu.bases.values() if token in base.operations), None)
    if former is not None and mode != "ignore":
        if former[0] != digest:
            raise refused(1255006)
        if mode == "refuse":
            raise refused(1254608)
        return envelope.success(former[1])
    done = work()
    base_of(feishu, call).operations[token] = (digest, done)
    return envelope.success(done)


def _check(token: str) -> None:
    try:
        parsed = uuid.UUID(token)
    except ValueError as problem:
        raise refused(1254037) from problem
    if parsed.version != UUID_VERSION or str(parsed) != token.lower():
        raise refused(1254037)


def _digest(call: Call) -> str:
    content = json.dumps([call.path, call.document], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
