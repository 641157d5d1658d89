"""Parses settings that a variable holds as JSON, such as the accounts."""

import json
import re
from collections import Counter
from typing import Any

from pipeline.core.text import one_line, quoted, seen, whole_characters

_ID = re.compile(r"[0-9]{1,32}")  # real ones have 16 digits


def parsed(text: str) -> Any:  # noqa: ANN401 JSON
    """Parse JSON; half characters (lone surrogates) are replaced, since they can be neither stored nor sent.

    Raises:
        ValueError: It is not JSON, or has a name twice.
    """
    again: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            again.extend(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        return made

    try:
        document = whole_characters(json.loads(text, object_pairs_hook=once), text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if again:
        raise ValueError(f"names more than once: {', '.join(map(quoted, again))}")
    return document


def accounts_of(value: object) -> dict[str, str]:
    """Account id → name; `ValueError` names each that is wrong."""
    accounts = parsed(value) if isinstance(value, str) else value
    if not isinstance(accounts, dict):
        raise ValueError("is not an object")
    named = {key: one_line(name) for key, name in accounts.items()}
    if wrong := [key for key, name in named.items() if not _ID.fullmatch(key) or not seen(name)]:
        raise ValueError(f"has an id that is not a number, or an empty name: {', '.join(map(quoted, wrong))}")
    return named
