"""What of the settings is secret: held for the redactor before anything else is done with it."""

from collections.abc import Callable, Iterable, Mapping

from pipeline.addresses import passwords_in, secrets_in_path
from pipeline.core.redaction import hold
from pipeline.settings_sources import OLD_NAMES, field_of

_NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}


def _whole(value: str) -> Iterable[str]:
    return (value,)


def _keys(value: str) -> Iterable[str]:
    return (value, *(key.strip() for key in value.split(",")))


def _login(value: str) -> Iterable[str]:
    user, _, password = value.partition(":")
    return (value, password) if user and password else ()


# by field: the parts of a value that are secret
_SECRET: Mapping[str, Callable[[str], Iterable[str]]] = {
    "oceanengine_secret": _whole,
    "feishu_app_secret": _whole,
    "feishu_webhook_secret": _whole,
    "token_keys": _keys,
    "flower_login": _login,
    "feishu_webhook_url": secrets_in_path,
    "heartbeat_url": secrets_in_path,
    "redis_url": passwords_in,
    **dict.fromkeys(("oceanengine_base_url", "feishu_base_url", "oceanengine_authorize_url"), passwords_in),
    **dict.fromkeys(("oceanengine_redirect_uri", "bitable_url", "bitable_app_token"), passwords_in),
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), passwords_in),
}


def hold_secrets_of(given: Mapping[str, object]) -> None:
    """Hold every secret among settings, by their variables or fields; old names and proxies count, too."""
    for name, value in given.items():
        parts = _SECRET.get(field_of(_NEW_NAMES.get(name, name)))
        if parts and isinstance(value, str):
            hold(*parts(value.strip()))
