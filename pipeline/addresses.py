"""Addresses in the settings: judged once for every entry point, and never quoted, since they may hold a password."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

TELLING = 16  # characters from which on a part of a secret address is a secret by itself


def web(value: str) -> str:
    """An address of the web without user and password, and without a slash at its end.

    Raises:
        ValueError: It is none, or has them.
    """
    if not _is_web(value):
        msg = "is no address such as https://HOST/PATH"
        raise ValueError(msg)
    if "@" in urlsplit(value).netloc:
        msg = "holds a user or a password: an address is told in messages; leave them out"
        raise ValueError(msg)
    return value.rstrip("/")


def secret_web(value: str) -> str:
    """An address of the web that is itself a secret.

    Raises:
        ValueError: It is none.
    """
    if not _is_web(value):
        msg = "is no address such as https://HOST/PATH"
        raise ValueError(msg)
    return value


def leaves_openly(address: str) -> bool:
    """Whether what is sent to an address of the web leaves this machine as plain http."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return parts.scheme == "http" and not (host == "localhost" or host.endswith(".localhost") or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def passwords_in(address: str) -> Iterator[str]:
    """What is secret in an address that may hold user and password, however it is broken."""
    userinfo, at, _ = address.partition("://")[2].rpartition("@")
    if at:
        password = userinfo.partition(":")[2] or userinfo
        yield from (userinfo, password, unquote(password))
        for sign in "/#?@":  # a reader that stops at one of them quotes a part
            yield from password.split(sign)
    query = address.partition("?")[2]
    yield from (value for name, value in parse_qsl(query) if "pass" in name.lower())


def secrets_in_path(address: str) -> Iterator[str]:
    """What is secret in an address that is itself a secret."""
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
