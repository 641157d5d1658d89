"""Stores the token pair, encrypted, in Redis and in a mirror file; either may be lost or old.

The newer generation counts wherever it is stored, and the other place is updated. In Redis an older pair never
replaces a newer one, however late it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import redis
import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pipeline.core.errors import NeedsPerson, WrongInput
from pipeline.core.model import TokenPair
from pipeline.core.token import sensible
from pipeline.core.unreadable import Unreadable
from pipeline.file_input import NoFile, read_private
from pipeline.state import codec, keys
from pipeline.state.files import replacing

ADD_THE_KEY = "请把原来的密钥加回 LAIKE_TOKEN_KEYS（排在新密钥之后），或重新授权。"
_UNREADABLE = "服务器上保存的授权无法读取，请联系维护人员，或重新授权。"
MEND_THE_FILE = "请检查 LAIKE_TOKEN_FILE 指向的文件：应为本程序写入、仅属主可读的普通文件；也可重新授权。"

_PUT = """
local stored = redis.call('hget', KEYS[1], 'generation')
if stored and tonumber(stored) >= tonumber(ARGV[1]) then return 0 end
redis.call('hset', KEYS[1], 'generation', ARGV[1], 'sealed', ARGV[2])
return 1
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Found:
    """The content of one place: `sealed` without `pair` cannot be decrypted; with `trouble` it cannot be read."""

    where: str
    sealed: bytes | None
    pair: TokenPair | None
    trouble: str | None = None

    @property
    def shut(self) -> bool:
        return self.sealed is not None and self.pair is None

    def lacks(self, newest: TokenPair) -> bool:
        return self.pair.generation < newest.generation if self.pair else self.sealed is None and self.trouble is None


class Vault:
    """The pair at rest.

    Args:
        fernet_keys: Newest first; the first encrypts, all decrypt.
        mirror: The file with the same pair, in case Redis is lost.
        app_id: Pairs of another app are ignored and stay. Empty: any app.
    """

    def __init__(self, client: redis.Redis, fernet_keys: Sequence[str], mirror: Path, app_id: str = "") -> None:
        self.mirror, self.app_id = mirror, app_id
        self._client = client
        self._put = client.register_script(_PUT)
        self._fernet = MultiFernet([Fernet(key) for key in fernet_keys])
        self.was_open = ""  # the change to a mirror that others could read or write
        self.unreadable = ""  # why the mirror cannot be read
        self._told: set[str] = set()  # `pair` is called before every request, a trouble logged once

    def pair(self) -> TokenPair | None:
        """The newest pair of this app, if there is one; a place that lacks it gets it.

        Raises:
            NeedsPerson: The keys do not decrypt it; or Redis has none, and the mirror cannot be read.
        """
        places = self._look()
        shut = [place.where for place in places if place.shut]
        pairs = [place.pair for place in places if place.pair]
        if not pairs and shut:
            msg = f"LAIKE_TOKEN_KEYS does not open the token in {' and '.join(shut)}: was the key changed?"
            raise NeedsPerson(msg, what_to_do=_UNREADABLE, for_maintainer=ADD_THE_KEY)
        if not pairs and (trouble := places[1].trouble):
            msg = f"Redis has no token, and its mirror {trouble}"
            raise NeedsPerson(msg, what_to_do=_UNREADABLE, for_maintainer=MEND_THE_FILE)
        pairs = [pair for pair in pairs if not self.app_id or pair.app_id in ("", self.app_id)]
        if not pairs:
            return None
        for where in shut:  # stays until a refresh proves that the readable pair is the valid one
            self._complain("token_not_readable", where=where)
        if trouble := places[1].trouble:
            self._complain("token_mirror_not_readable", why=trouble)
        newest = max(pairs, key=lambda pair: pair.generation)
        in_redis, mirrored = places
        if in_redis.lacks(newest):
            self._store(newest)
        if mirrored.lacks(newest):
            self._mirror_it(newest)
        return newest

    def keep(self, pair: TokenPair) -> None:
        """Write a new pair to the mirror, then to Redis, unless they hold a newer one.

        Raises:
            RedisError: Redis is unreachable; the mirror has the pair.
        """
        pair = replace(pair, app_id=self.app_id)
        there = self._mirrored()
        if not there.pair or there.lacks(pair):
            self._mirror_it(pair)
        self._store(pair)

    def overwrite(self, pair: TokenPair) -> bool:
        """Write a pair to both places, encrypted with the first key; whether the mirror was written."""
        pair = replace(pair, app_id=self.app_id)
        mirrored = self._mirror_it(pair)
        self._client.hset(keys.TOKEN, mapping={"generation": pair.generation, "sealed": self._seal(pair)})
        return mirrored

    def mirrored(self) -> bool:
        """Whether the mirror holds the newest pair; without it a person must authorize again when Redis is lost."""
        newest = self.pair()  # updates the mirror if possible
        mirror = self._mirrored()
        return newest is None or (mirror.pair is not None and not mirror.lacks(newest))

    def readable(self) -> list[TokenPair]:
        """Every pair that the keys decrypt."""
        return [place.pair for place in self._look() if place.pair]

    def _look(self) -> tuple[_Found, _Found]:
        data: Any = self._client.hget(keys.TOKEN, "sealed")
        return self._found("Redis", data), self._mirrored()

    def _found(self, where: str, sealed: bytes | None) -> _Found:
        try:
            pair = codec.load(TokenPair, self._fernet.decrypt(sealed), where) if sealed is not None else None
        except (InvalidToken, Unreadable):  # another key, or no pair
            pair = None
        return _Found(where, sealed, pair if pair and _sensible(pair) else None)

    def _mirrored(self) -> _Found:
        where = str(self.mirror)
        try:
            sealed, was_open = read_private(self.mirror)
        except NoFile:
            return _Found(where, None, None)
        except WrongInput as error:
            self.unreadable = error.message
            return _Found(where, None, None, error.message)
        self.unreadable = ""
        if was_open:
            self.was_open = was_open
            self._complain("token_mirror_was_open", where=where, why=was_open)
        return self._found(where, sealed)

    def _seal(self, pair: TokenPair) -> bytes:
        return self._fernet.encrypt(codec.dump(pair, TokenPair))

    def _store(self, pair: TokenPair) -> None:
        self._put(keys=[keys.TOKEN], args=[pair.generation, self._seal(pair)])

    def _mirror_it(self, pair: TokenPair) -> bool:
        try:
            self.mirror.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self.mirror) as file:
                file.write(self._seal(pair))
        except (
            OSError
        ) as error:  # a full disk, say; the old pair is invalid by now, and Redis can still store the new one
            self._complain("token_not_mirrored", where=str(self.mirror), error=error.strerror)
            return False
        self._told.discard("token_not_mirrored")
        return True

    def _complain(self, event: str, **words: object) -> None:
        if event not in self._told:
            self._told.add(event)
            log.error(event, **words)


def _sensible(pair: TokenPair) -> bool:
    return sensible(pair.expires_at) and sensible(pair.refresh_expires_at)
