"""Checks the settings of the console and of Flower: logins, proxies and path prefix. No message quotes a password."""

import re
from ipaddress import ip_network

from pydantic import SecretStr

LEAST_LETTERS, MOST_LETTERS = 12, 200  # of a password; scrypt costs more the longer it is
NAME_MOST = 64
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


def judged_login(text: str) -> str:
    """A login `name:password`; `ValueError` if it is none, or the password is too short."""
    name, _, password = text.partition(":")
    if not name.strip() or not password:
        raise ValueError("is no login; write it as name:password")
    if not text.isprintable() or len(name) > NAME_MOST:
        msg = f"has a name of more than {NAME_MOST} characters, or a character that nobody can type"
        raise ValueError(msg)
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        msg = f"has a password of {len(password)} characters; use {LEAST_LETTERS} to {MOST_LETTERS}"
        raise ValueError(msg)
    return text


def judged_flower(value: SecretStr) -> SecretStr:
    """Flower's login `user:password`; `ValueError` if it is none, or Flower would read another."""
    login = value.get_secret_value()
    user, _, password = login.partition(":")
    if not user or not password:
        raise ValueError("is no login; write it as user:password")
    if "," in login or not (login.isascii() and login.isprintable()):
        msg = "holds a comma or a sign beyond ASCII: Flower takes the one for the end of a login, and not the other"
        raise ValueError(msg)
    return value


def judged_secret(login: SecretStr) -> SecretStr:
    """The same for a login that is not shown."""
    judged_login(login.get_secret_value())
    return login


def judged_viewer(viewer: str, login: str | None) -> str:
    """The login of a viewer; `ValueError` if it is none, or has the name of the login that may act."""
    judged_login(viewer)
    if login is not None and viewer.partition(":")[0] == login.partition(":")[0]:
        raise ValueError("has the same name as LAIKE_CONSOLE_LOGIN; give the viewer another one")
    return viewer


def judged_proxies(text: str) -> str:
    """Addresses and networks of proxies, with commas between; `ValueError` if one is none, or is everybody.

    uvicorn takes what it cannot read for a name and then trusts nobody, without a word.
    """
    proxies = [one.strip() for one in text.split(",") if one.strip()]
    for one in proxies:
        try:
            network = ip_network(one)
        except ValueError:
            msg = f"holds {one!r}, which is no address or network such as 172.18.0.0/16"
            raise ValueError(msg) from None
        if network.prefixlen == 0:
            raise ValueError("trusts everybody, so that a visitor could claim any address; name the proxy's own")
    return ",".join(proxies)


def judged_prefix(text: str) -> str:
    """The path under which a proxy serves the console, without its final slash; empty for the root.

    Raises:
        ValueError: It is no path of plain characters.
    """
    prefix = text.strip().rstrip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ValueError("is no path such as /console")
    return prefix
