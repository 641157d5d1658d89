"""Registers the secrets among the settings with the redactor, before anything else uses them."""

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


# field → the secret parts of its value
_SECRET: Mapping[str, Callable[[str], Iterable[str]]] = {
    "oceanengine_secret": _whole,
    "feishu_app_secret": _whole,
    "feishu_webhook_secret": _whole,
    "token_keys": _keys,
    **dict.fromkeys(("flower_login", "console_login", "console_viewer"), _login),
    "metrics_token": _whole,
    "feishu_webhook_url": secrets_in_path,
    "heartbeat_url": secrets_in_path,
    "redis_url": passwords_in,
    **dict.fromkeys(("oceanengine_base_url", "feishu_base_url", "oceanengine_authorize_url"), passwords_in),
    **dict.fromkeys(("oceanengine_redirect_uri", "bitable_url", "bitable_app_token"), passwords_in),
    "console_url": passwords_in,
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), passwords_in),
}


def hold_secrets_of(given: Mapping[str, object]) -> None:
    """Register every secret of settings given by variable or field, old names and proxies included."""
    for name, value in given.items():
        parts = _SECRET.get(field_of(_NEW_NAMES.get(name, name)))
        if parts and isinstance(value, str):
            hold(*parts(value.strip()))
