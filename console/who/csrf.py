"""Whether a request that changes something comes from a page of ours.

    words = csrf.why_refused(request.method, request.headers, site.public_origin)    # 403 with these words
    csrf.fits(form.get(csrf.FIELD, ""), visitors.id_of(request))                       # else 403 with csrf.FOREIGN_FORM
    csrf.token(visitors.id_of(request))                                              # `csrf()` in templates

First the headers, which every browser sends with a POST and no page can forge; then the token of the form, for old
browsers and proxies that rewrite `Host`. The login form has no session to bind a token to, and needs none: who makes
another's browser log in must own a login here, and that browser names the foreign page in its headers. A program that
sends neither header, such as curl, has no cookie that a foreign page could abuse.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

FIELD = "csrf"
FOREIGN_FORM = "这个表单不是从本页面发出的，或者登录后页面没有刷新过。请刷新页面后再试一次。"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
_SHOWN = 200  # characters of a header in an answer
_DIGEST = hashlib.sha256().digest_size


def why_refused(method: str, headers: Mapping[str, str], public_origin: str | None = None) -> str | None:
    """Why a request is another site's, in Chinese, with the header that differs; `None` if it may be ours.

    Args:
        method: Of the request; what changes nothing is never refused.
        headers: Of the request, by lower-case name.
        public_origin: `origin_of` the console's address in the settings, where a proxy rewrites `Host`.
    """
    if method in _SAFE:
        return None
    site = headers.get("sec-fetch-site")
    if site is not None:
        return None if site in {"same-origin", "none"} else _words("Sec-Fetch-Site", site, "same-origin")
    origin = headers.get("origin")
    if origin is None:
        return None
    host = headers.get("host", "")
    ours = _place(origin)
    if ours is not None and (ours == _place(f"{origin.partition('://')[0]}://{host}") or origin == public_origin):
        return None
    return _words("Origin", origin, " 或 ".join(filter(None, (f"Host：{host}", public_origin))))


def origin_of(address: str) -> str:
    """The origin of a web address, as a browser writes it."""
    parts = urlsplit(address.lower())
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def plain_origin(told: str) -> str:
    """The origin that a request names, as a browser writes it; empty if it is none, or its host holds other signs."""
    return origin_of(told) if _place(told) and _HOST.fullmatch(told.partition("://")[2]) else ""


def token(session_id: str) -> str:
    """A form's token, bound to the session. Another one each time: compressed pages must not betray it."""
    mask = secrets.token_bytes(_DIGEST)
    return urlsafe_b64encode(mask + _xor(mask, _digest(session_id))).decode()


def fits(given: str, session_id: str) -> bool:
    """Whether a form's token is of this session; takes the same time for any token of the right length."""
    try:
        raw = b64decode(given.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return False
    mask, masked = raw[:_DIGEST], raw[_DIGEST:]
    right = hmac.compare_digest(_xor(mask, masked), _digest(session_id)) if len(raw) == 2 * _DIGEST else False
    return right and bool(session_id)


def _digest(session_id: str) -> bytes:
    return hmac.digest(session_id.encode(errors="replace"), b"form of the console", "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _place(origin: str) -> tuple[str, int | None] | None:
    """Host and port of an origin; `None` if it is none, such as `null`."""
    try:
        parts = urlsplit(origin.lower())
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or origin.count("/") != len("//"):
            return None
        return parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return None


def _words(header: str, value: str, wanted: str) -> str:
    told = f"请求头 {header} 是“{value[:_SHOWN]}”，应为“{wanted[:_SHOWN]}”。"
    return f"这次操作像是从其他网站发来的，没有执行。如果是您本人在这里操作，请把这句话发给维护人员：{told}"
