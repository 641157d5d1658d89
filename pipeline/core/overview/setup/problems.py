"""Problems of settings, one for each variable: what is missing or wrong, and where a person finds the value."""

from collections.abc import Mapping
from dataclasses import dataclass

TABLE_ID = "LAIKE_BITABLE_TABLE_ID"
CURES: Mapping[str, str] = {
    "LAIKE_OCEANENGINE_APP_ID": "请在巨量引擎开放平台「应用管理」→「应用详情」复制 APP_ID。",
    "LAIKE_OCEANENGINE_SECRET": "请在巨量引擎开放平台「应用管理」→「应用详情」复制 Secret。",
    "LAIKE_FEISHU_APP_ID": "请在飞书开放平台「凭证与基础信息」复制 App ID。",
    "LAIKE_FEISHU_APP_SECRET": "请在飞书开放平台「凭证与基础信息」复制 App Secret。",
    "LAIKE_BITABLE_APP_TOKEN": "请从浏览器复制多维表格的完整网址，即 …/base/… 或知识库的 …/wiki/…。",
    TABLE_ID: "请从数据表网址复制 table= 后以 tbl 开头的部分，或运行 laike init 新建数据表。",
}
_NO_KEYS = "请运行 laike init 生成密钥。"
_MISSING = " is missing"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one setting."""

    variable: str  # or the file that cannot be used
    says: str  # English, one line; never a value
    cure: str  # Chinese, for the engineer
    missing: bool  # not set at all


def problems_of(message: str) -> tuple[Problem, ...]:
    """The problems that the error of `Settings.load` names; one that is about `.env` alone has a single line."""
    first, *lines = message.splitlines()
    return tuple(_problem(line.strip()) for line in lines or [first])


def _problem(line: str) -> Problem:
    name = line.split(maxsplit=1)[0].rstrip(":") if line else ""
    missing = line.startswith(name + _MISSING)
    if missing and name == "LAIKE_TOKEN_KEYS":
        return Problem(name, line, _NO_KEYS, missing)
    cure = f"请在 .env 中修正 {name}，见 docs/settings.md。" if name.startswith("LAIKE_") else f"请修正文件 {name}。"
    return Problem(name, line, CURES.get(name, cure), missing)
