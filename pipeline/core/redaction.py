"""The secrets that this process holds, and text without them.

Code that obtains a secret registers it (`hold`, `hold_passing`): the settings, a token pair, the tenant token. Whatever
leaves the process in words goes through `redacted`: troubles, log lines, traces, events, cards, results of tasks.

A secret of fewer than six characters, or of digits alone, is looked for only where an address has its password: looked
for everywhere it would be found in figures, ids and plain words.
"""

import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MARK = "***"
SHORTEST = 6
PASSING = 256  # tokens held at most: each expires after a day or so

# user and password in an address; outside HTTP up to the last @, since a password may hold a / or #
_USERINFO = re.compile(r"\b(https?://)[^\s/?#\"'<>]*@|\b((?!https?:)[a-z][a-z0-9+.-]*://)[^\s\"'<>]*@", re.IGNORECASE)


class _Held:
    """The secrets, and in `forms` every spelling of them, the longest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasting: set[str] = set()
        self._passing: dict[str, None] = {}  # in order of arrival
        self.forms: tuple[str, ...] = ()  # replaced as a whole, so readers need no lock

    def add(self, secrets: Iterable[str | None], *, passing: bool) -> None:
        new = {one for one in secrets if one and one not in self._lasting and one not in self._passing}
        if not new:
            return
        with self._lock:
            if passing:
                self._passing |= dict.fromkeys(new)
                self._passing = dict.fromkeys(list(self._passing)[-PASSING:])
            else:
                self._lasting |= new
            found = {form for one in (*self._lasting, *self._passing) if _telling(one) for form in _written(one)}
            self.forms = tuple(sorted(found, key=lambda form: (-len(form), form)))


_held = _Held()


def hold(*secrets: str | None) -> None:
    """Hold secrets until the process ends."""
    _held.add(secrets, passing=False)


def hold_passing(*secrets: str | None) -> None:
    """Hold short-lived secrets: the newest `PASSING` of them."""
    _held.add(secrets, passing=True)


def redacted(text: str) -> str:
    """Replace every held secret in a text."""
    for form in _held.forms:
        if form in text:
            text = text.replace(form, MARK)
    return _USERINFO.sub(_without_userinfo, text) if "@" in text else text


def redacted_in(value: Any) -> Any:  # noqa: ANN401 JSON
    """Replace held secrets in JSON; a value that is no JSON becomes text if it holds one."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: redacted_in(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_in(one) for one in value]
    if value is None or isinstance(value, int | float):
        return value
    return said if (said := redacted(repr(value))) != repr(value) else value


def _telling(secret: str) -> bool:
    return len(secret) >= SHORTEST and not secret.isdigit()


def _written(secret: str) -> Iterator[str]:
    """Spell a secret as it is, in an address, in JSON, in a repr and on a page."""
    yield secret
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield quoted
        yield re.sub("%..", lambda found: found[0].lower(), quoted)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(secret.encode())[2:-1]
    yield html.escape(secret)
    if (plain := unquote(secret)) != secret and _telling(plain):
        yield from _written(plain)


def _without_userinfo(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}{MARK}@"
