"""The logins of the console: who may act, who may only look.

logins = Logins.of(settings.console_login, settings.console_viewer)     # once, when the site is built
logins.configured                                                       # False: every page names the missing line
person = await logins.check(name, password)                             # 0.25 s; None: wrong
person = logins.person(session.person, session.login)                   # of a session; None: the login was changed
"""

import asyncio
import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from pydantic import SecretStr

from pipeline.console_settings import MOST_LETTERS, NAME_MOST

# 16 MiB and a quarter of a second for each guess. Two at a time, so that guesses leave memory and a core to the pages.
COST, BLOCK, PARALLEL, MEMORY = 2**14, 8, 5, 64 * 2**20
AT_A_TIME = 2
_checking = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="login")


@dataclass(frozen=True, slots=True)
class Person:
    """Who visits, and whether they may act or only look."""

    name: str
    may_act: bool


@dataclass(frozen=True, slots=True)
class _Login:
    person: Person
    hashed: bytes

    @property
    def mark(self) -> str:
        """What a session keeps of the login, so that it ends when name or password change."""
        return hashlib.sha256(b"session of " + self.hashed).hexdigest()[:32]


class Logins:
    """The logins of the settings; none of them counts without one that may act."""

    def __init__(self, logins: Sequence[tuple[str, bool]]) -> None:
        made = [_login(text, may_act) for text, may_act in logins]
        self.configured = any(login.person.may_act for login in made)
        self._by_name = {login.person.name: login for login in made} if self.configured else {}

    @classmethod
    def of(cls, login: SecretStr | None, viewer: SecretStr | None) -> Self:
        """The logins `name:password` of the settings, the first of which may act."""
        given = ((login, True), (viewer, False))
        return cls([(one.get_secret_value(), may_act) for one, may_act in given if one])

    async def check(self, name: str, password: str) -> Person | None:
        """The person of a name and password; `None` after the same time if one is wrong."""
        if len(name) > NAME_MOST or len(password) > MOST_LETTERS:
            return None
        given = await asyncio.get_running_loop().run_in_executor(_checking, _hashed, name, password)
        login = self._by_name.get(name)
        right = hmac.compare_digest(given, login.hashed if login else b"-" * len(given))
        return login.person if login and right else None

    def mark_of(self, person: Person) -> str:
        """What a new session of a person keeps of the login."""
        return self._by_name[person.name].mark

    def person(self, name: str, mark: str) -> Person | None:
        """The person of a session; `None` if their name or password were changed since."""
        login = self._by_name.get(name)
        return login.person if login and hmac.compare_digest(mark.encode(), login.mark.encode()) else None


def _login(text: str, may_act: bool) -> _Login:  # noqa: FBT001 the one fact besides the login
    name, _, password = text.partition(":")
    return _Login(Person(name, may_act), _hashed_once(name, password))


def _hashed(name: str, password: str) -> bytes:
    """The hash of a password, with the name as salt: it is the same after a restart, and sessions outlive that."""
    typed = unicodedata.normalize("NFC", password).encode(errors="replace")
    secret = hashlib.sha256(typed).digest()  # scrypt takes a password with zero bytes after it for the same
    salt = b"laike-sync console " + name.encode(errors="replace")
    return hashlib.scrypt(secret, salt=salt, n=COST, r=BLOCK, p=PARALLEL, maxmem=MEMORY, dklen=32)


_hashed_once = lru_cache(maxsize=4)(_hashed)  # of the settings only, which hold the password as well
