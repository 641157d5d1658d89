"""Checks addresses in the settings. They may hold a password, so no message quotes them."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

TELLING = 16  # a part of a secret address from this length on is a secret by itself


def web(value: str) -> str:
    """A web address without its final slash; `ValueError` if it is none, or holds a user or password."""
    if "@" in urlsplit(secret_web(value)).netloc:
        raise ValueError("holds a user or a password: an address is told in messages; leave them out")
    return value.rstrip("/")


def secret_web(value: str) -> str:
    """A web address that is itself a secret; `ValueError` if it is none."""
    if not _is_web(value):
        raise ValueError("is no address such as https://HOST/PATH")
    return value


def leaves_openly(address: str) -> bool:
    """Whether requests to a web address leave this machine as plain http."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return parts.scheme == "http" and not (host == "localhost" or host.endswith(".localhost") or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def passwords_in(address: str) -> Iterator[str]:
    """The secret parts of an address that may hold user and password, also of an invalid one."""
    userinfo, at, _ = address.partition("://")[2].rpartition("@")
    if at:
        password = userinfo.partition(":")[2] or userinfo
        yield from (userinfo, password, unquote(password))
        for sign in "/#?@":  # a parser that stops at one of them quotes a part
            yield from password.split(sign)
    query = address.partition("?")[2]
    yield from (value for name, value in parse_qsl(query) if "pass" in name.lower())


def secrets_in_path(address: str) -> Iterator[str]:
    """The secret parts of an address that is itself a secret."""
    yield address
    yield from passwords_in(address)
    path = "/" + address.partition("://")[2].partition("/")[2]
    yield path
    yield from (part for part in path.replace("?", "/").split("/") if len(part) >= TELLING)


def _is_web(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
