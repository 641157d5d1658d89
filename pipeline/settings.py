"""The settings, from the environment, `.env` and `laike.toml`: typed, and every problem reported at once.

Names begin with `LAIKE_`. The old script's names are accepted; if both are set, the new name wins.
"""

from collections.abc import Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cryptography.fernet import Fernet
from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline import addresses, console_settings
from pipeline.base_address import from_address
from pipeline.core.accounts.account_options import AccountOptions, judged, options_of
from pipeline.core.errors import WrongInput
from pipeline.core.rollover.split import Split
from pipeline.core.table.columns import DEFAULT_COLUMNS, Column
from pipeline.core.tables import further
from pipeline.core.tables.presets import LOCAL, columns_for
from pipeline.core.telling.thresholds import Thresholds, thresholds_of
from pipeline.file_input import written_path
from pipeline.redis_address import RedisAddress
from pipeline.settings_json import accounts_of, parsed
from pipeline.settings_names import unknown as unknown_names
from pipeline.settings_secrets import hold_secrets_of
from pipeline.settings_sources import (
    CONFIG,
    OLD_NAMES,
    field_of,
    from_env_file,
    from_files,
    from_table_file,
    from_toml,
    looked_for,
    seen,
    unset,
)

MAKE_A_KEY = 'python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
CENTURY_S = 3_155_760_000.0  # `datetime` overflows far beyond
_HELP = {
    "LAIKE_OCEANENGINE_APP_ID": "the APP_ID at open.oceanengine.com",
    "LAIKE_OCEANENGINE_SECRET": "the Secret at open.oceanengine.com",
    "LAIKE_FEISHU_APP_ID": "the App ID at open.feishu.cn, which begins with cli_",
    "LAIKE_FEISHU_APP_SECRET": "the App Secret at open.feishu.cn",
    "LAIKE_BITABLE_APP_TOKEN": "the table's address (…/base/… or …/wiki/…), or what stands in it before the ?",
    "LAIKE_BITABLE_TABLE_ID": "the id in the table's address that begins with tbl, up to the next sign; "
    "the whole address goes into LAIKE_BITABLE_APP_TOKEN",
    "LAIKE_ACCOUNTS": 'a JSON object of ids and names, such as {"1832000000000001": "城东店"}; empty: discovered',
    "LAIKE_TOKEN_KEYS": f"a Fernet key (several: newest first, with commas between); make one with: {MAKE_A_KEY}",
}


def _redis_url(value: str) -> str:
    RedisAddress.read(value)
    return value


Url = Annotated[str, AfterValidator(addresses.web)]
FlowerLogin = Annotated[SecretStr, AfterValidator(console_settings.judged_flower)]
ConsoleLogin = Annotated[SecretStr, AfterValidator(console_settings.judged_secret)]
Prefix = Annotated[str, AfterValidator(console_settings.judged_prefix)]
Proxies = Annotated[str, AfterValidator(console_settings.judged_proxies)]
UserPath = Annotated[Path, BeforeValidator(written_path)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]


def _names(name: str) -> AliasChoices:
    return AliasChoices(name, OLD_NAMES[name])


class Settings(BaseSettings):
    """All settings. Times in seconds, rates in calls per second and endpoint."""

    model_config = SettingsConfigDict(
        env_prefix="LAIKE_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    role: Literal["worker", "beat", "flower", "console"] = "worker"  # see `pipeline.settings_roles`
    redis_url: RedisUrl = Field(default="redis://127.0.0.1:6379/0", repr=False)
    oceanengine_base_url: Url = "https://api.oceanengine.com"
    oceanengine_app_id: str = Field(validation_alias=_names("LAIKE_OCEANENGINE_APP_ID"))
    oceanengine_secret: SecretStr = Field(validation_alias=_names("LAIKE_OCEANENGINE_SECRET"))
    oceanengine_authorize_url: Url = "https://ad.oceanengine.com/openapi/audit/oauth.html"
    oceanengine_redirect_uri: Url | None = None  # as registered for the app
    oceanengine_rate: float = Field(default=5, ge=0.01, le=100)
    feishu_base_url: Url = "https://open.feishu.cn"
    feishu_app_id: str = Field(validation_alias=_names("LAIKE_FEISHU_APP_ID"))
    feishu_app_secret: SecretStr = Field(validation_alias=_names("LAIKE_FEISHU_APP_SECRET"))
    bitable_app_token: str = Field(validation_alias=_names("LAIKE_BITABLE_APP_TOKEN"), pattern="^[A-Za-z0-9_-]+$")
    bitable_table_id: str = Field(validation_alias=_names("LAIKE_BITABLE_TABLE_ID"), pattern="^tbl[A-Za-z0-9]+$")
    table_file: UserPath | None = None  # where the set-up keeps the table's id, in place of `.env`
    bitable_url: Url | None = None  # the table's page; set by an address in place of the token
    table_max_rows: int = Field(default=20_000, gt=0)
    table_split: Split = Split.AUTO
    feishu_monthly_calls: int = Field(default=10_000, ge=0)  # for all apps of the tenant; 0: no limit
    config: UserPath = CONFIG
    columns: Annotated[tuple[Column, ...], NoDecode] = DEFAULT_COLUMNS
    anomalies: Annotated[Thresholds, NoDecode] = Thresholds()
    accounts: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)  # empty: discovered
    account_options: Annotated[dict[str, AccountOptions], NoDecode] = Field(default_factory=dict)
    tables: Annotated[tuple[further.FurtherTable, ...], NoDecode] = ()  # beside that of `bitable_table_id`
    token_keys: Annotated[tuple[SecretStr, ...], NoDecode]
    token_file: UserPath = Path(".laike-token")
    backup_dir: UserPath | None = None  # default: `backups` beside the token file
    feishu_webhook_url: SecretStr | None = Field(default=None, validation_alias=_names("LAIKE_FEISHU_WEBHOOK_URL"))
    feishu_webhook_secret: SecretStr | None = None
    report_weekly: bool = True  # on Monday a card about last week
    lookback_days: int = Field(default=7, ge=1, le=90)
    catch_up_days: int = Field(default=30, ge=1, le=90)
    daily_at: time = time(7, 0)
    settle_at: time = time(10, 35)
    run_deadline_s: float | None = Field(default=None, gt=0, le=86_400)
    log_level: Literal["debug", "info", "warning", "error"] | None = None  # the command line: error, workers: info
    clock_offset_s: float = Field(default=0, ge=-CENTURY_S, le=CENTURY_S)
    beat_file: Annotated[str, BeforeValidator(written_path)] = "beat-schedule"
    heartbeat_url: SecretStr | None = None  # pinged after each run that loads yesterday
    heartbeat_file: UserPath | None = None  # touched while worker or beat is alive
    flower_login: FlowerLogin | None = None
    flower_url: Url | None = None  # where people reach Flower: the console links there
    console_login: ConsoleLogin | None = None  # who may act, as name:password
    console_viewer: SecretStr | None = None  # who may only look
    console_url: Url | None = None  # where people reach the console: links of cards, the callback of an authorization
    console_prefix: Prefix = ""  # of every path behind a proxy, as /laike
    console_proxies: Proxies = ""  # whose X-Forwarded-For and -Proto are believed: addresses and networks
    metrics_token: SecretStr | None = None  # which /metrics asks for
    visibility_timeout_s: int = Field(
        default=45, ge=5, le=3600
    )  # until the message of a killed worker is delivered again
    sweep_s: float = Field(default=5, gt=0, le=3600)  # how often workers look for such messages
    step_lease_s: float = Field(default=10, gt=0, le=600)  # until the lease of a dead step expires
    watchdog_s: float = Field(default=12, gt=0, le=3600)  # until the watchdog takes care of a silent run
    wait_scale: float = Field(default=1, ge=0, le=1)

    @property
    def redis_address(self) -> RedisAddress:
        """Where Redis is."""
        return RedisAddress.read(self.redis_url)

    @property
    def backups(self) -> Path:
        """The folder of backups; by default beside the token's mirror."""
        return self.backup_dir or self.token_file.parent / "backups"

    @property
    def output(self) -> Path:
        """The default folder of exports and reports, beside the token's mirror."""
        return self.token_file.parent / "laike-output"

    @property
    def table_url(self) -> str | None:
        """The page of the table, if `bitable_url` is set."""
        return f"{self.bitable_url.partition('?')[0]}?table={self.bitable_table_id}" if self.bitable_url else None

    @model_validator(mode="before")
    @classmethod
    def _address_has_token_and_table(cls, given: dict[str, Any]) -> dict[str, Any]:
        hold_secrets_of(given)
        return from_address(given)

    @field_validator("accounts", mode="before")
    @classmethod
    def _accounts_are_ids_and_names(cls, value: object) -> object:
        return accounts_of(value)

    @field_validator("account_options", mode="before")
    @classmethod
    def _options_are_of_accounts(cls, value: object) -> object:
        return options_of(parsed(value)) if isinstance(value, str) else value

    @field_validator("account_options", mode="after")
    @classmethod
    def _options_are_of_known_accounts(
        cls, value: dict[str, AccountOptions], info: ValidationInfo
    ) -> dict[str, AccountOptions]:
        if accounts := info.data.get("accounts"):
            judged(value, accounts)
        return value

    @field_validator("columns", mode="before")
    @classmethod
    def _columns_are_described(cls, value: object) -> object:
        return columns_for(value if value == LOCAL else parsed(value)) if isinstance(value, str) else value

    @field_validator("tables", mode="before")
    @classmethod
    def _tables_are_described(cls, value: object) -> object:
        return further.further_tables_of(parsed(value)) if isinstance(value, str) else value

    @field_validator("tables", mode="after")
    @classmethod
    def _tables_are_further_ones(
        cls, value: tuple[further.FurtherTable, ...], info: ValidationInfo
    ) -> tuple[further.FurtherTable, ...]:
        first = info.data.get("bitable_app_token"), info.data.get("bitable_table_id")
        further.judged(value, info.data.get("accounts") or {}, first)
        return value

    @field_validator("anomalies", mode="before")
    @classmethod
    def _anomalies_are_thresholds(cls, value: object) -> object:
        return thresholds_of(parsed(value)) if isinstance(value, str) else value

    @field_validator("token_keys", mode="before")
    @classmethod
    def _keys_are_fernet_keys(cls, value: object) -> tuple[SecretStr, ...]:
        keys = [key.strip() for key in str(value).split(",") if key.strip()]
        for key in keys:
            _check_key(key)
        return tuple(SecretStr(key) for key in keys)

    @field_validator("feishu_webhook_url", "heartbeat_url", mode="after")
    @classmethod
    def _hooks_are_addresses(cls, value: SecretStr | None) -> SecretStr | None:
        return SecretStr(addresses.secret_web(value.get_secret_value())) if value else None

    @field_validator("console_viewer", mode="after")
    @classmethod
    def _viewer_has_another_name(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        login: SecretStr | None = info.data.get("console_login")
        if value:
            console_settings.judged_viewer(value.get_secret_value(), login.get_secret_value() if login else None)
        return value

    @classmethod
    def load(cls, stand_ins: Mapping[str, str] | None = None) -> Self:
        """Settings from the environment, `.env`, `laike.toml` and the secret files that these name.

        Args:
            stand_ins: Values by variable for what is not set yet: `laike init` starts without some.

        Raises:
            WrongInput: Something is missing or wrong; the message names every problem by its variable.
        """
        hold_secrets_of(seen())
        secrets, problems = from_files(seen())
        described, wrong = from_toml(seen())
        kept, unread = from_table_file()
        made_up = {field_of(name): (stand_ins or {})[name] for name in unset(stand_ins or {})}
        problems += wrong + unread + _elsewhere(seen().get("LAIKE_ROLE"))
        return cls.judged(from_env_file() | secrets | described | made_up | kept, problems)

    @classmethod
    def judged(cls, given: Mapping[str, Any], problems: list[str]) -> Self:
        """Settings from the environment and what was read besides, with the problems of reading it.

        Raises:
            WrongInput: There are problems, or something is missing or wrong.
        """
        try:
            made = cls(**given)
        except ValidationError as error:
            problems += [line for item in error.errors() for line in _problem(item["loc"], item["type"], item["msg"])]
        if not problems:
            return made
        problems += unknown_names(seen(), cls.model_fields)  # a misspelt one may be what is missing
        lines = "\n".join(f"  {line}" for line in sorted(set(problems)))
        count = f"{len(problems)} setting{'s are' if len(problems) > 1 else ' is'}"
        raise WrongInput(f"{count} missing or wrong{looked_for(problems)}:\n{lines}")


def _check_key(key: str) -> None:
    try:
        Fernet(key)
    except ValueError:
        raise ValueError("holds something that is not a Fernet key") from None


def _elsewhere(role: str | None) -> list[str]:
    """The problem of a command in a container whose role has only some settings."""
    place = "this needs all settings, and runs where there is a worker: docker compose exec worker …"
    return [f"LAIKE_ROLE is {role}: {place}"] if role in {"beat", "flower"} else []


def _problem(loc: Sequence[str | int], kind: str, message: str) -> list[str]:
    name = str(loc[0]) if loc else ""
    variable = name if name.isupper() else f"LAIKE_{name.upper()}"
    text = {"missing": "is missing", "string_pattern_mismatch": "is not of its shape"}.get(kind)
    text = text or message.removeprefix("Value error, ")
    help_ = f": {_HELP[variable]}" if variable in _HELP else ""
    return [f"{variable} {line}{help_}" for line in text.splitlines()]
