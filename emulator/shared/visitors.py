"""Who may change the emulator: programs and its own pages, but no other web page in a browser on this machine."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

FORBIDDEN = 403
OWN_SITE = ("same-origin", "none")  # Fetch Metadata; `none`: a person typed the address


def foreign(request: Request) -> str | None:
    """Why a request is refused; None if it may come in. Scripts send neither Origin nor Sec-Fetch-Site.

    With DNS rebinding a page's own name resolves to this machine, so that Origin and Host agree. Such a name has a dot
    and is no address; `localhost`, a machine and a service of a compose file have none.
    """
    host = request.headers.get("host", "")
    if not _ours(host):
        return f"Host {host!r}: neither an address nor a name without a dot"
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{host}":
        return f"Origin {origin!r} is another site"
    site = request.headers.get("sec-fetch-site", "none")
    return None if site in OWN_SITE else f"Sec-Fetch-Site {site!r}: sent by another site"


def _ours(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return _is_address(name) or bool(name and "." not in name) or name.endswith(".localhost")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
