"""What the set-up asks of a person at each service, in the words of its console."""

from collections.abc import Mapping
from dataclasses import dataclass

# A key is a secret from the moment it is made, and a page stays in histories, caches and screenshots: so the console
# offers none, and shows the command that writes one into `.env` without printing it.
MAKE_A_KEY = (
    r"printf '\nLAIKE_TOKEN_KEYS=%s\n' "
    '"$(head -c 32 /dev/urandom | base64 | tr +/ -_)" >> .env'
)
HOOK, HOOK_SECRET = "LAIKE_FEISHU_WEBHOOK_URL", "LAIKE_FEISHU_WEBHOOK_SECRET"
CONSOLE_URL, FLOWER_LOGIN = "LAIKE_CONSOLE_URL", "LAIKE_FLOWER_LOGIN"
OPTIONAL: Mapping[str, str] = {
    CONSOLE_URL: "大家打开本站的地址：通知里的链接和回调地址由它得出",
    HOOK: "群机器人的 Webhook 地址，可以留空",
    HOOK_SECRET: "群机器人的签名密钥，开启“签名校验”时才有",
    FLOWER_LOGIN: "Flower（任务监控）的登录，容器需要它；自己定，依次为用户名、英文冒号、密码（至少 12 个字符）",
}
SCOPES = (
    "base:app:read、base:table:read、base:table:create、base:field:read、base:field:create、base:record:retrieve、"
    "base:record:create、base:record:update、base:record:delete、base:view:read、base:view:write_only"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where some of the settings come from."""

    title: str
    lines: tuple[str, ...]  # what to do there, in this order
    variables: Mapping[str, str]  # each with what goes into it
    command: str = ""


PLACES = (
    Place(
        "巨量引擎开放平台（open.oceanengine.com）",
        (
            "创建应用并通过审核，在「应用管理」→「应用详情」复制 APP_ID 和 Secret。",
            "在「应用管理」→「权限」申请本地推报表：获取广告数据、获取账户数据。",
            "同一页申请账户列表：获取已授权账户、来客账户下的本地推账户、工作台账户列表、获取广告主公开信息；"
            "使用升级版工作台或代理商时，另申请各自的账户列表。",
        ),
        {
            "LAIKE_OCEANENGINE_APP_ID": "「应用详情」中的 APP_ID",
            "LAIKE_OCEANENGINE_SECRET": "「应用详情」中的 Secret",
        },
    ),
    Place(
        "飞书开放平台（open.feishu.cn）",
        (
            "创建企业自建应用，在「凭证与基础信息」复制 App ID 和 App Secret。",
            f"在「权限管理」开通 bitable:app，或逐项开通：{SCOPES}。",
            "在「版本管理与发布」创建版本并发布，管理员审核通过后权限才生效。",
        ),
        {
            "LAIKE_FEISHU_APP_ID": "「凭证与基础信息」中的 App ID（cli_ 开头）",
            "LAIKE_FEISHU_APP_SECRET": "「凭证与基础信息」中的 App Secret",
        },
    ),
    Place(
        "多维表格",
        (
            "打开多维表格，在「…」→「…更多」→「添加文档应用」中选择该应用，给「可管理」权限。",
            "从浏览器复制完整网址；位于知识库（…/wiki/…）时，应用还需要 wiki:node:read 权限，并且是知识库成员。",
        ),
        {"LAIKE_BITABLE_APP_TOKEN": "多维表格的完整网址"},
    ),
    Place(
        "密钥",
        ("令牌加密保存。密钥由下面的命令生成并直接写入 .env，不会显示在任何页面上。",),
        {"LAIKE_TOKEN_KEYS": ""},
        MAKE_A_KEY,
    ),
)
REST = Place("其他设置", ("逐项修正下列设置。",), {})
CALLBACK_LATER = "在「应用详情」登记回调地址：先写好 LAIKE_CONSOLE_URL 并重启，这里会显示要登记的地址。"
CALLBACK_HERE = "在「应用详情」登记回调地址，即下面这一行，必须完全一致（若改用别的 LAIKE_CONSOLE_URL，它随之改变）："
CALLBACK = "在「应用详情」登记回调地址，即下面这一行，必须完全一致："
RESTART = (
    "全部填好后，保存 .env 并重启一次：容器运行 docker compose up -d；不用容器时，重启 worker、beat 和控制台。",
    "刷新本页。容器只在启动时读取 .env，所以重启之后这里才会变化。",
)
ITEMS: Mapping[str, str] = {
    "redis": "Redis",
    "oceanengine": "巨量引擎应用",
    "feishu": "飞书应用、权限与多维表格",
    "webhook": "群机器人",
    "schedule": "后台服务（worker 与 beat）",
}
