"""Causes of trouble and their cures: the one table behind cards, commands and doctor.

A cause is a stable word, such as `account_unavailable`; it stands in stored outcomes and in `--json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """What went wrong and what to do, in Chinese.

    Attributes:
        words: What went wrong, in a few words.
        cure: One sentence for the group, on cards and in 同步状态: no command, setting or file. Empty where all that
            the group can do is to call the maintainer.
        maintenance: The same for the maintainer, at the terminal, where it is something else.
    """

    words: str
    cure: str
    maintenance: str = ""


_AGAIN = "系统会自动重试"
_CALL = "请联系维护人员（编号 {}）。"  # the docs explain each number
IN_CONSOLE = "请点击通知中的“重新授权”，在打开的页面上按提示操作，并勾选全部账户。"
IN_CONSOLE_MAINTENANCE = "请在浏览器中打开控制台的授权页，按提示重新授权，并勾选全部账户。"
_AUTHORIZE = "请点击通知中的“重新授权”，勾选全部账户，并在 10 分钟内把跳转后的网址发给维护人员。"

CAUSES: Mapping[str, Cause] = {
    # both services and the way to them
    "unavailable": Cause("服务暂时不可用", f"巨量引擎或飞书暂时不可用，{_AGAIN}。"),
    "throttled": Cause("接口调用过于频繁", "接口调用过于频繁，系统会自动放慢并重试。"),
    "server_trouble": Cause("服务故障", f"巨量引擎或飞书出现故障，{_AGAIN}。"),
    "unreachable": Cause(
        "网络不通",
        f"网络不通或对方无响应，{_AGAIN}；若持续出现，{_CALL}",
        f"网络不通或对方无响应，{_AGAIN}；若持续出现，请检查服务器网络。",
    ),
    "proxy": Cause(
        "网络代理不通", "", "网络代理不可用：请检查服务器的 HTTPS_PROXY 设置和代理本身（不需要代理时请删除该设置）。"
    ),
    "certificate": Cause(
        "网站证书不受信任",
        "",
        "服务器不信任对方的证书：请检查服务器时间，以及网络中是否有解密 HTTPS 的设备；若有，"
        "请把它的 CA 证书写入 REQUESTS_CA_BUNDLE 指向的文件。",
    ),
    "ca_file": Cause("证书文件缺失", "", "找不到 CA 证书文件：请修正或删除 REQUESTS_CA_BUNDLE、CURL_CA_BUNDLE 设置。"),
    "bad_request": Cause("请求被拒绝", f"同步程序出错，{_CALL}", "这是同步程序的错误，请把这条信息交给工程师。"),
    "bad_response": Cause("接口返回不完整", "巨量引擎或飞书返回的数据不完整，本次未写入；系统会稍后重试。"),
    "needs_person": Cause("需要人工处理", f"需要重新授权或补充权限，{_CALL}", "需要人工处理：请重新授权或补充权限。"),
    # 巨量引擎
    "account_unavailable": Cause("账户不可用", "请在巨量引擎检查该账户的状态和授权；恢复后会自动补上近期所缺的数据。"),
    "token_expired": Cause("访问凭证已过期", "访问凭证已过期，系统会自动刷新。"),
    "needs_authorization": Cause(
        "授权失效",
        _AUTHORIZE,
        "请重新授权：用 laike token url 取得授权链接，勾选全部账户，再运行 laike token exchange '回调地址'。",
    ),
    "auth_code": Cause(
        "授权码无效",
        "授权码无效、已用过或超过 10 分钟，请重新授权。",
        "授权码无效、已用过或超过 10 分钟：请用 laike token url 重新打开授权页，"
        "授权后立即把跳转后的完整网址交给 laike token exchange。",
    ),
    "oceanengine_app": Cause(
        "巨量引擎应用凭证有误",
        "",
        "请在巨量引擎开放平台「应用管理」→「应用详情」核对 APP_ID 和 Secret，"
        "填入 LAIKE_OCEANENGINE_APP_ID 和 LAIKE_OCEANENGINE_SECRET。",
    ),
    "oceanengine_scope": Cause(
        "应用缺少接口权限",
        "应用没有读取该数据的权限：请联系维护人员申请（编号 {}），通过后重新授权。",
        "请在巨量引擎开放平台为该应用申请本接口的权限（应用管理 → 权限），通过后重新授权。",
    ),
    "sensitive_material": Cause("缺少敏感物料授权", "请重新授权，并在授权页勾选敏感物料授权。"),
    "account_inactive": Cause(
        "账户长期未投放", "该账户已超过 90 天未投放，巨量引擎限制查询；系统会在下次运行时重试，不影响其他账户。"
    ),
    "token_mirror": Cause(
        "授权备份写入失败",
        f"同步暂不受影响，但服务器若出现故障，将需要重新授权；{_CALL}",
        "令牌的副本文件无法写入：请检查磁盘空间和 LAIKE_TOKEN_FILE 所在目录的写权限，否则 Redis 丢失后只能重新授权。",
    ),
    # 飞书
    "feishu_app": Cause(
        "飞书应用凭证有误",
        "",
        "请在飞书开放平台「凭证与基础信息」复制 App ID（cli_…）和 App Secret，"
        "填入 LAIKE_FEISHU_APP_ID 和 LAIKE_FEISHU_APP_SECRET。",
    ),
    "feishu_app_off": Cause("飞书应用未启用", "请联系飞书管理员，确认该应用已启用、已发布版本并安装到本企业。"),
    "feishu_scope": Cause("飞书应用缺少权限", "", "请在飞书开放平台为应用补充多维表格权限并发布版本。"),
    "feishu_document": Cause(
        "应用不能编辑多维表格", "请在多维表格「…」→「更多」→「添加文档应用」中给应用「可管理」权限。"
    ),
    "feishu_ip": Cause("服务器 IP 不在白名单", "", "请把服务器 IP 加入飞书应用的 IP 白名单。"),
    "feishu_quota": Cause("飞书本月调用量用完", "本企业本月的飞书接口调用量已用完，请升级飞书版本或等到下月 1 日。"),
    "feishu_limit": Cause("超出飞书套餐限制", "本企业或多维表格的套餐不支持此操作，请联系飞书管理员升级套餐。"),
    "feishu_base": Cause(
        "找不到多维表格",
        "多维表格可能已被删除或移动，请确认后联系维护人员（编号 {}）。",
        "多维表格和知识库中都找不到它：请从浏览器复制多维表格的完整网址（…/base/… 或知识库的 …/wiki/…），"
        "填入 LAIKE_BITABLE_APP_TOKEN。",
    ),
    "feishu_table": Cause(
        "找不到数据表",
        "数据表可能已被删除，请确认后联系维护人员（编号 {}）。",
        "请检查 LAIKE_BITABLE_TABLE_ID：它是多维表格网址中 table= 之后以 tbl 开头的部分。",
    ),
    "wiki_node": Cause(
        "无权查看知识库",
        "应用无权查看多维表格所在的知识库：请在知识库「成员设置」中添加应用，并在多维表格中给它「可管理」权限。",
    ),
    "feishu_policy": Cause(
        "飞书管控策略不允许",
        "本企业的管控策略不允许应用访问该多维表格：请联系飞书管理员放行，或换一张不受管控的多维表格。",
    ),
    "wiki_refused": Cause(
        "知识库拒绝请求",
        "",
        "知识库拒绝了该请求，重试无效：请在浏览器中单独打开该多维表格，把 …/base/… 开头的网址填入 "
        "LAIKE_BITABLE_APP_TOKEN；仍不行请联系飞书支持。",
    ),
    "base_full": Cause(
        "数据表数量已满",
        "一个多维表格最多容纳 100 个数据表和仪表盘，现已达上限：请删除或移走不用的数据表或仪表盘。",
    ),
    "views_full": Cause("视图已满", "数据表的视图已达上限 200 个（含他人的个人视图），请删除不用的视图。"),
    "not_found": Cause(
        "找不到表格",
        "表格可能已被删除，或应用已被移出该表格，请确认后联系维护人员（编号 {}）。",
        "请检查 app_token 和 table_id 是否正确，以及应用是否已添加到该多维表格。",
    ),
    # the table
    "table_mismatch": Cause("表格的列有变动", "请按提示修改多维表格的列。"),
    "column_vanished": Cause("找不到列", "请按提示修改多维表格的列。"),
    "table_unseen": Cause(
        "表格中的数据读不到",
        "可能是应用失去了权限，已停止写入：请确认应用对多维表格有「可管理」权限，并联系维护人员（编号 {}）。",
        "已写入的数据读不到，可能是应用失去了权限，已停止写入：请确认应用对多维表格有「可管理」权限，"
        "再运行 laike doctor（表格确实被清空时加 --unblock）。",
    ),
    "tables_disagree": Cause(
        "数据表清单有出入",
        f"数据表清单与系统记录不一致，或清单中的数据表找不到，已停止写入；{_CALL}",
        "数据表清单与系统记录不一致，或清单中的数据表找不到，已停止写入：请运行 laike tables repair 查看并修复。",
    ),
    "table_full": Cause("表格已满", "请归档旧数据，或换一张新表。"),
    "row_vanished": Cause("表格有改动", "表格在写入时有改动，系统会重新读取。"),
    "row_refused": Cause("部分行写入失败", "飞书拒绝写入部分行，请检查列的类型。"),
    "batch_too_large": Cause("单次写入过多", "单次写入的行数过多，系统会自动减少。"),
    "disagreement": Cause("表格与数据源不一致", "请暂勿使用该日数据，系统会在下次运行时修正。"),
    # the figures
    "incomplete": Cause("数据不完整", "数据源的明细与合计不符，系统会自动重新获取。"),
    "conflict": Cause("两个账户数据矛盾", "同一单元在两个账户中的数据不同，未写入；请在巨量引擎核对主账户与复制账户。"),
    "overtaken": Cause("有更新的数据待核对", "另一次运行已写入更新的数据，正在核对；系统会自动补齐。"),
    "stale": Cause("已获取的数据过期", "已获取的数据放置过久，未写入；系统会自动重新获取。"),
    "suspicious_empty": Cause("账户均无数据", "所有账户均无数据，但前几日有消耗，请在巨量引擎后台核对。"),
    # the runs
    "failed": Cause("未完成", "", "请联系负责同步的工程师。"),
    "bug": Cause(
        "同步程序出错",
        f"下次每日同步会自动重试；若仍出错，{_CALL}",
        "同步程序出错，请联系负责同步的工程师；下次每日同步会自动重试。",
    ),
    "busy": Cause("正在进行", "该步骤正在进行，请稍候。"),
    "deadline": Cause("运行超时", "本次运行超时，未获取的数据由下次运行补齐。"),
    "interrupted": Cause("运行中断", "本次未完成，系统会在下次运行时补齐。"),
    "stopped": Cause("已停止", "补数已按要求停止；重新补数即可继续。"),
    "no_worker": Cause("同步服务未运行", "", "没有正在运行的 worker：请先启动，或加 --local 在本进程运行。"),
    "no_beat": Cause(
        "定时任务未运行",
        "",
        "请确认 beat 在运行（只能有一个）：celery -A worker.app beat（容器：docker compose up -d）。",
    ),
    "redis_unreachable": Cause(
        "同步服务的存储不可用", "", "请检查 Redis 是否在运行，以及 LAIKE_REDIS_URL 的地址和密码。"
    ),
    "unreadable": Cause("存储中的一条记录无法读取", "", "存储中有一条记录无法读取：请运行 laike doctor 查看是哪一条。"),
    "wrong_release": Cause(
        "旧版本仍在运行", "", "升级前请先停止旧版本的 worker（刚被强制结束的需等 20 秒），再启动新版本。"
    ),
    "newer_state": Cause("同步服务版本过旧", "", "Redis 中的数据由更新的版本写入，请运行新版本。"),
    "history_unclear": Cause(
        "记录归属不明",
        f"无法判断升级前的同步记录属于哪张数据表，同步已停止；{_CALL}",
        "无法判断升级前的同步记录属于哪张数据表：请运行 laike doctor --table-of-history 数据表ID，再重新同步。",
    ),
    "wrong_input": Cause("设置有误", "", "请检查命令或设置。"),
}


def cure_of(reason: str) -> str:
    """What the group does about a cause; one that an older or newer version gave out goes to the maintainer."""
    cause = CAUSES.get(reason, CAUSES["failed"])
    return (cause.cure or f"{cause.words}，{_CALL}").format(reason)


def maintenance_of(reason: str) -> str:
    """What the maintainer does about a cause."""
    return CAUSES.get(reason, CAUSES["failed"]).maintenance or cure_of(reason)
