"""Parses `LAIKE_REDIS_URL`, the address for commands, worker, beat, results and Flower.

    redis://[user:password@]host[:6379][/db]
    rediss://…                                 TLS; the certificate is verified, ?ssl_ca_certs=FILE names another CA
    unix://[user:password@]/path[?db=0]        also written redis+socket://

Celery spells sockets and TLS differently: it gets `celery_url` and `tls_options`. No message quotes an address: any
part of it may be a password that is not percent-encoded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from pipeline.core.errors import WrongInput
from pipeline.file_input import NoFile, opened, path_of

PORT = 6379
_SOCKETS = ("unix", "redis+socket")
_SCHEMES = ("redis", "rediss", *_SOCKETS)
_DATABASE = ("db", "virtual_host")  # redis-py's word for it, and Celery's
_TLS = ("ssl_ca_certs", "ssl_cert_reqs", "ssl_check_hostname", "ssl_certfile", "ssl_keyfile")
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_VERIFYING = {"required": "required", "optional": "optional", "none": "none"}
_VERIFYING |= {f"CERT_{name.upper()}": name for name in _VERIFYING}  # Celery's spelling
_FLAGS = {"true": True, "false": False}

NOT_ONE = (
    "is not a Redis address, such as redis://:PASSWORD@HOST:6379/0 (in a password write / # ? [ as %2F %23 %3F %5B)"
)
SENTINEL = (
    "is the address of a Sentinel, which is not supported: give that of the primary, as redis://HOST:6379/0, by a name "
    "that leads to the new primary after a failover"
)
CLUSTER = "is the address of a cluster, which is not supported: give that of a single primary, as redis://HOST:6379/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """Where Redis is, with user, password and TLS."""

    host: str = ""
    port: int = PORT
    path: str = ""  # of a socket; empty for TCP
    db: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls_options: Mapping[str, Any] | None = None  # for redis-py and Celery; `None`: no TLS

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse an address.

        Raises:
            ValueError: It is invalid or not supported; the message follows the variable's name.
        """
        scheme = _scheme(text)
        try:
            parts = urlsplit(text)
            given = _query(parts)
            port = parts.port
        except ValueError:  # its message may quote a part of the password
            raise ValueError(NOT_ONE) from None
        _check_shape(parts)
        socket = scheme in _SOCKETS
        return cls(
            host="" if socket else unquote(parts.hostname or "127.0.0.1"),
            port=port or PORT,
            path=_path(parts) if socket else "",
            db=_database(given, "" if socket else parts.path.strip("/")),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls_options=_tls_options(given) if scheme == "rediss" else None,
        )

    @property
    def where(self) -> str:
        """Host and port, or the socket's path, for messages."""
        return self.path or f"{self._bracketed}:{self.port}"

    @property
    def celery_url(self) -> str:
        """The address as Celery's transport spells it, with the password."""
        if self.path:
            return f"redis+socket://{self._who}{quote(self.path)}?virtual_host={self.db}"
        scheme = "redis" if self.tls_options is None else "rediss"
        return f"{scheme}://{self._who}{self._bracketed}:{self.port}/{self.db}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def _who(self) -> str:
        name, word = quote(self.username, safe=""), quote(self.password, safe="")
        return f"{name}:{word}@" if name or word else ""


def _scheme(text: str) -> str:
    scheme = text.partition("://")[0].lower()
    if "sentinel" in scheme:
        raise ValueError(SENTINEL)
    if "cluster" in scheme:
        raise ValueError(CLUSTER)
    if scheme not in _SCHEMES:
        raise ValueError(NOT_ONE)
    return scheme


def _query(parts: SplitResult) -> dict[str, str]:
    return dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))


def _check_shape(parts: SplitResult) -> None:
    """Refuse several hosts, and the traces of a password with a bare / # or ?."""
    if parts.fragment or "@" in parts.path + parts.query or set(";,") & set(parts.netloc.rpartition("@")[2]):
        raise ValueError(NOT_ONE)
    options = (*_DATABASE, *_TLS) if parts.scheme == "rediss" else _DATABASE
    if not _query(parts).keys() <= set(options):
        raise ValueError(f"has an unknown option after its ?; there are {', '.join(options)}")


def _path(parts: SplitResult) -> str:
    if parts.hostname or not parts.path.strip("/"):
        msg = "does not name a socket's path; write it as unix:///path/of/redis.sock?db=0, with three slashes"
        raise ValueError(msg)
    return unquote(parts.path)


def _database(given: Mapping[str, str], path: str = "") -> int:
    numbers = {given[name] for name in _DATABASE if name in given} | ({path} if path else set())
    if len(numbers) > 1 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise ValueError("does not name one database: write it as a number, such as redis://HOST:6379/0")
    return int(numbers.pop()) if numbers else 0


def _tls_options(given: Mapping[str, str]) -> dict[str, Any]:
    """Verify by the CAs of this machine, unless the address says otherwise."""
    verifying = _VERIFYING.get(given.get("ssl_cert_reqs", "required"))
    named = _FLAGS.get(given.get("ssl_check_hostname", "true").lower())
    if verifying is None or named is None:
        msg = "has an unknown value: ssl_cert_reqs is required, optional or none, ssl_check_hostname true or false"
        raise ValueError(msg)
    files = {name: _file(name, given[name]) for name in _FILES if given.get(name)}
    return {"ssl_cert_reqs": verifying, "ssl_check_hostname": named and verifying != "none", **files}


def _file(name: str, text: str) -> str:
    """The path of a certificate or key, after checking that TLS can open it."""
    try:
        with opened(path := path_of(text)):
            return str(path)
    except NoFile:
        raise ValueError(f"names a file that is not there: {name}={text}") from None
    except WrongInput as error:
        raise ValueError(f"names a file that is none: {name}: {error.message}") from None
