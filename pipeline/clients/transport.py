"""Map the library's exceptions to our errors, by the cause for which no answer came.

The library's messages quote whole addresses, headers and the proxy's password: none is passed on.
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidProxyURL, InvalidSchema, ProxyError
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError, NewConnectionError, ProxySchemeUnknown

from pipeline.core.errors import BadRequest, LaikeError, NeedsPerson, TransportTrouble

NO_CERTIFICATE = "NO_CERTIFICATE_OR_CRL_FOUND"  # what OpenSSL says of a file that holds no certificate

# what the libraries raise during a call, on purpose or not
FOREIGN = (OSError, HTTPError, HTTPException, ValueError, RuntimeError, ArithmeticError, LookupError)
_CARRIED = re.compile(r"(?! )[\t -~\xa0-\xff]*")  # a header's value


def check_headers(what: str, headers: Mapping[str, str]) -> None:
    """Check that HTTP can carry our headers; else `BadRequest`, without the value, which may be a token."""
    for name, value in headers.items():
        if not _CARRIED.fullmatch(value):
            raise BadRequest(f"{what}: not sent, the header {name} holds what HTTP cannot carry")


def trouble_of(what: str, base_url: str, error: Exception, proxies: Mapping[str, str]) -> LaikeError:
    """The error of a call that got no answer; `what` names the call in messages."""
    place, causes = urlsplit(base_url), list(_causes(error))
    host = f"{place.scheme}://{place.netloc.rpartition('@')[2]}"  # without a password
    way = f"{what}: no answer from {host} ({type(error).__name__})"
    if isinstance(error, UnicodeEncodeError):  # such as a proxy's password
        return BadRequest(f"{what}: not sent, a header holds letters that HTTP cannot carry")
    if any(isinstance(one, InvalidProxyURL | InvalidSchema | ProxySchemeUnknown) for one in causes):
        return NeedsPerson(f"{way}, {_proxy(base_url, proxies)} is not an HTTP proxy", reason="proxy")
    if isinstance(error, ProxyError):
        return TransportTrouble(f"{way}, {_proxy(base_url, proxies)} does not let the call through", reason="proxy")
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return NeedsPerson(f"{way}, its certificate is not trusted", reason="certificate")
    if _no_ca_file(error, causes):
        return NeedsPerson(f"{way}, the file of trusted certificates cannot be read", reason="ca_file")
    never_sent = any(isinstance(one, requests.ConnectTimeout | NewConnectionError) for one in causes)
    return TransportTrouble(way, effect_possible=not never_sent)


def _causes(error: object) -> Iterator[Exception]:
    """An exception and those wrapped in it."""
    while isinstance(error, Exception):
        yield error
        error = getattr(error, "reason", None) or next((one for one in error.args if isinstance(one, Exception)), None)


def _no_ca_file(error: Exception, causes: list[Exception]) -> bool:
    """Whether the file of trusted certificates is missing (`requests`: a bare OSError) or empty (OpenSSL: a reason)."""
    return type(error) is OSError or any(getattr(one, "reason", None) == NO_CERTIFICATE for one in causes)


def _proxy(base_url: str, proxies: Mapping[str, str]) -> str:
    """The proxy of a call, without a password."""
    address = urlsplit(select_proxy(base_url, dict(proxies)) or "").netloc.rpartition("@")[2]
    return f"the proxy {address}".rstrip()
