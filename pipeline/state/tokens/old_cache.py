"""Reads a token pair from the old script's cache."""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA, TokenPair
from pipeline.core.token import TOKEN, sensible
from pipeline.file_input import read_filled

ACCESS_LIFE = timedelta(days=1)


class _OldCache(BaseModel):
    model_config = ConfigDict(strict=True)

    access_token: str = Field(pattern=TOKEN, repr=False)
    refresh_token: str = Field(pattern=TOKEN, repr=False)
    expires_at: datetime
    refresh_expires_at: datetime


def read_old_cache(path: Path) -> TokenPair:
    """The pair in the old script's `.token_cache.json`; its times are Asia/Shanghai.

    Raises:
        WrongInput: The file is missing or of another kind, or its times make no sense.
    """
    try:
        cache = _OldCache.model_validate_json(read_filled(path))
    except ValidationError:  # its message would quote the tokens
        wanted = "access_token, refresh_token, expires_at, refresh_expires_at (tokens in plain ASCII, ISO times)"
        raise WrongInput(f"{path} is not a token cache: it needs {wanted}") from None
    expires_at, refresh_expires_at = _local(cache.expires_at), _local(cache.refresh_expires_at)
    for name, moment in (("expires_at", expires_at), ("refresh_expires_at", refresh_expires_at)):
        if not sensible(moment):
            raise WrongInput(f"{path} is not a token cache: no token ends at its {name}, in the year {moment.year}")
    return TokenPair(
        access_token=cache.access_token,
        refresh_token=cache.refresh_token,
        expires_at=expires_at,
        refresh_expires_at=refresh_expires_at,
        generation=int((expires_at - ACCESS_LIFE).timestamp() * 1000),
    )


def _local(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
