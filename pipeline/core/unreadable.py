"""A record in Redis that nobody can read, and in people's words what each record holds and what is lost without it.

Redis is well then, so this is no outage: a person wrote the value by hand, or another release did.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.core.errors import LaikeError

NAME_MOST = 120  # characters of a key or field that are shown: by hand anything can be written


@dataclass(frozen=True, slots=True)
class Record:
    """What a key of Redis holds.

    Attributes:
        kind: Its type in Redis.
        holds: What it holds, in Chinese.
        lost: What is lost without it, in Chinese.
        made_again: It is read again from its source, or is history that nothing is decided by: who meets an unreadable
            one at work puts it away and goes on. Any other stops the work.
    """

    kind: str
    holds: str
    lost: str
    made_again: bool = True


_HISTORY = "仅丢失历史记录"
_CALLS = "多几次接口调用"
_AGAIN = "会重新获取"
_STAY = False  # what a person must look at: work stops

# by key, as the tables of the modules `keys` name it
RECORDS: Mapping[str, Record] = {
    "token:pair": Record("hash", "巨量引擎授权", "从服务器上的授权备份读回；没有备份时需重新授权", _STAY),
    "token:lock": Record("string", "更新授权的锁", "两个进程可能同时更新授权", _STAY),
    "token:attempt": Record("string", "更新授权的尝试", "授权失效时，原因说得不够准确"),
    "token:dead": Record("string", "授权失效的原因", "失效的授权会再尝试更新一次"),
    "token:history": Record("list", "授权历史", _HISTORY),
    "told:<day>:<what>": Record("string", "已通知的问题", "同一问题当天会再通知一次"),
    "cards:unsent": Record("sorted set", "待补发的通知", "未发出的通知不再补发"),
    "cards:quiet": Record("sorted set", "未通知的运行", "其中的新情况不再通知"),
    "alerts": Record("hash", "数据异常提醒", "持续的异常会再提醒一次"),
    "limit:<endpoint>": Record("string", "接口的调用间隔", "少量调用会被拒绝后重试"),
    "rows:<batch>:<account>": Record("string", "已读取的数据", "该账户会重新读取"),
    "changes:<batch>": Record("string", "写入前的改动", "中断的写入会重新计数"),
    "shared:<batch>": Record("string", "多账户共用的单元", "该批数据不再核对，不算成功"),
    "cleared:<batch>": Record("string", "待清除的重复行", "中断时清除的重复行不再列出"),
    "snapshot:<batch>": Record("string", "表格的提前读取", "表格会重新读取"),
    "layout:<batch>": Record("string", "写入时的列", "该批数据不再核对，不算成功"),
    "tenant:<app_id>:<credentials>": Record("string", "飞书应用凭证的缓存", _AGAIN),
    "base:<id>:writer": Record("string", "写入多维表格的锁", "两个进程可能同时写入", _STAY),
    "base:<id>:writes": Record("counter", "写入次数", "表格的提前读取不再采用"),
    "base:<id>:writes:ended": Record("counter", "写入次数", "表格的提前读取不再采用"),
    "base:<id>:written:<number>": Record("string", "一次写入的日期", "表格的提前读取不再采用"),
    "base:<id>:creator": Record("string", "数据行的创建者", "下次新建数据行时重新获取"),
    "base:<id>:creator:app": Record("string", "数据行的创建者", "下次新建数据行时重新获取"),
    "base:<id>:app_token": Record("string", "多维表格的编号", _CALLS),
    "base:<id>:zone": Record("string", "多维表格的时区", _CALLS),
    "table:<id>:coverage:<account>": Record("hash", "已入库的日期", "无法区分数据订正与人工改动", _STAY),
    "table:<id>:days:<account>": Record("hash", "每日状态", "近 31 天从“同步状态”读回"),
    "table:<id>:status": Record("string", "“同步状态”数据表的编号", "按名称重新查找"),
    "table:<id>:status_rows": Record("hash", "“同步状态”的行", "多一次查找"),
    "table:<id>:views": Record("hash", "账户视图", "按名称重新查找"),
    "table:<id>:columns": Record("hash", "数据表的列", "下次运行前改名的列认不出来"),
    "table:<id>:rows": Record("hash", "数据表的行数", "暂时无法预计何时写满"),
    "table:<id>:counted": Record("string", "最近一次清点行数", _CALLS),
    "table:<id>:seen": Record("string", "数据行可见的标记", "失去权限时晚一次写入才能发现", _STAY),
    "table:<id>:readings:<account>": Record("hash", "写入数据的读取时间", "较旧的数据可能覆盖较新的一次", _STAY),
    "table:<id>:stopped": Record("string", "停止写入的原因", "会恢复写入，请先确认数据表完整", _STAY),
    "table:<id>:unseen": Record("string", "停止写入的原因（旧版本）", "会恢复写入，请先确认数据表完整", _STAY),
    "table:<id>:emptied": Record("string", "确认清空数据表的时间", "需再确认一次"),
    "table:<id>:chain": Record("string", "数据表的先后关系", "从“数据表清单”读回", _STAY),
    "quota:<month>": Record("counter", "本月的飞书接口调用量", "此前的调用不再计入"),
    "run:<run>": Record("hash", "一次运行", "该次运行的记录", _STAY),
    "run:<run>:events": Record("stream", "运行的过程", "该次运行的过程"),
    "run:<run>:alive": Record("string", "运行的最近动静", "会提前检查一次"),
    "run:<run>:watched": Record("string", "正在检查的运行", "同一步骤可能多发一次，只会执行一次"),
    "step:<run>:<step>": Record("string", "运行步骤的锁", "该步骤可能再做一次，结果相同", _STAY),
    "beat": Record("string", "定时任务的动静", "体检暂时显示定时任务无动静"),
    "runs": Record("sorted set", "运行列表", _HISTORY),
    "open": Record("set", "未结束的运行", "中断的运行不再自动补完"),
    "aside": Record("hash", "无法读取的运行", "未通知的不再通知"),
    "accounts:roster": Record("string", "账户清单", "会重新查找账户，不提示新增和消失"),
    "accounts:names": Record("hash", "账户名称", "改过名的账户会用新名称", _STAY),
    "accounts:news": Record("sorted set", "账户的变动", "新增或消失的账户不再通知"),
    "accounts:told": Record("hash", "已通知的账户变动", "会再通知一次"),
    "accounts:absent": Record("hash", "不可读取的账户", "不可读取的账户晚一周才搁置"),
    "schema": Record("string", "数据的版本", "旧版本也能启动", _STAY),
    "schema:lock": Record("string", "升级数据的锁", "两个进程可能同时升级，结果相同", _STAY),
    "history:table": Record("string", "旧记录所属的数据表", "需要指定旧记录属于哪张数据表", _STAY),
    "history:unclear": Record("string", "旧记录可能所属的数据表", "全部日期会重新读取", _STAY),
    "spend:<account>:noted": Record("hash", "单元之外的消耗", "单元之外的消耗会再提示一次"),
    "spend:<account>:readings": Record("hash", "最近的消耗读数", "两份报表同时缺失的数据发现不了"),
    "coverage:<account>": Record("hash", "旧版本的已入库日期", "仅影响退回旧版本"),
    "days:<account>": Record("hash", "旧版本的每日状态", "仅影响退回旧版本"),
    "unreadable:<key>": Record("", "已停用的记录", "没有影响"),
    "probe:<number>": Record("set", "写入测试", "没有影响"),
    "base:<id>:writer:wanted": Record("string", "等待写入的标记", "建视图时少让一次"),
    "table:<id>:views:found": Record("hash", "有问题的账户视图", "下一条通知不再提示这些视图"),
    "owed": Record("set", "待检查视图的运行", "视图由下一次运行检查"),
    "run:<run>:report:<digest>": Record("string", "刚读取的报表", "多读取一次"),
    "run:<run>:views": Record("hash", "已建的账户视图", "中断前建好的视图不再列出"),
    "run:<run>:status:later": Record("string", "结束后再写的“同步状态”", "下一次运行时更新"),
    "run:<run>:status": Record("string", "“同步状态”的提前查找", "多一次查找"),
    "tables": Record("hash", "其他数据表的编号", "按名称重新查找"),
    "table:<id>:revisions": Record("hash", "数据的变更", "变更页为空"),
    "vitals:workers": Record("sorted set", "执行进程的动静", "几秒后恢复"),
    "vitals:calls": Record("hash", "接口调用计数", "从零开始计数"),
    "vitals:retries": Record("hash", "接口重试计数", "从零开始计数"),
    "console:session:<digest>": Record("hash", "登录状态", "需重新登录"),
    "console:acts": Record("sorted set", "操作记录", "不再显示谁做过什么"),
    "console:acts:<run>": Record("list", "一次运行的操作记录", "不再显示是谁开始的"),
    "console:state:<digest>": Record("string", "进行中的授权", "需重新开始授权"),
    "console:refused:<session>": Record("string", "授权失败的原因", "不再显示授权为何失败"),
    "console:authorized": Record("string", "上次授权的结果", "不再显示上次授权改变了什么"),
}
_UNKNOWN = Record("", "同步记录", "未知", _STAY)


def record_of(key: str) -> Record:
    """What a key holds; of one that this release does not know, that it is a record."""
    name = key.split(":", 2)[-1]  # behind laike:v1
    return next((RECORDS[place] for pattern, place in _patterns() if pattern.fullmatch(name)), _UNKNOWN)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The most exact first: of two that fit, the one with more letters of its own."""
    exact = sorted(RECORDS, key=lambda place: -len(re.sub(r"<\w+>", "", place)))
    return [(re.compile(re.sub(r"<\w+>", ".+", place), re.DOTALL), place) for place in exact]


class Unreadable(LaikeError):
    """A record in Redis cannot be read.

    Args:
        key: Its key.
        field: The field of a hash, if only that one cannot be read.
        why: What it is not, without what it holds, which may be a token.
    """

    reason = "unreadable"

    def __init__(self, key: str, field: str = "", why: str = "of another form") -> None:
        self.key, self.field, self.record = key, field, record_of(key)
        named = f"{_short(key)}{f'（{_short(field)}）' if field else ''}"
        part = "字段" if field else "记录"
        super().__init__(
            f"Redis is well, but nobody can read {f'the field {_short(field)} of ' if field else ''}{_short(key)}: "
            f"written by hand, or by another release ({_short(why)})",
            what_to_do=f"“{self.record.holds}”的记录 {named} 无法读取，请联系维护人员（编号 {self.reason}）。",
            for_maintainer=f"“{self.record.holds}”的记录 {named} 无法读取，可能被手工改过，或由其他版本写入："
            f"若是更新的版本写入的，请运行该版本；否则请备份 Redis 后删除这个{part}（后果：{self.record.lost}）。",
        )


def _short(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown if len(shown) <= NAME_MOST else f"{shown[:NAME_MOST]}…"
