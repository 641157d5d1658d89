"""Redis' refusals with their causes and cures: one table for commands, workers, beat and doctor.

redis-py takes most of them for errors of a command, and then neither it nor kombu retries. Here they are errors of the
connection: it is dropped and the command retried, on the server that has the address by then. Answers that need a
person are raised at once.
"""

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten

import redis
from redis._parsers import _RESP2Parser

ANSWER_SHOWN = 80  # characters: some answers are a page


@dataclass(frozen=True, slots=True)
class Cause:
    """Why Redis refuses, in words that follow its address, and the cure; `advice` is both in Chinese."""

    says: str
    cure: str
    advice: str
    passes: bool = True  # retried; else a person must act first


class Answered(redis.ConnectionError):
    """Redis refused a command; nothing was done."""

    def __repr__(self) -> str:
        return str(self)  # kombu and Celery log it; redis-py's own is empty


class Outage(Answered):
    """A refusal that passes: the same command may succeed later."""


class Refusal(Answered):
    """A refusal that only a person can cure."""


_CLUSTER = Cause(
    "is a cluster, which is not supported",
    "give LAIKE_REDIS_URL the address of a single primary",
    "Redis 是集群模式，不受支持：请改用单主节点的 Redis。",
    passes=False,
)
_PASSWORD = Cause(
    "does not take the user or password",
    "correct them in LAIKE_REDIS_URL",
    "Redis 用户名或密码不对：请修正 LAIKE_REDIS_URL。",
    passes=False,
)
_FAILOVER = Cause(
    "is a replica and takes no writes",
    "a failover passes by itself; if none is under way, give LAIKE_REDIS_URL the address of the primary",
    "Redis 当前是只读副本：主从切换期间请稍候，否则请将 LAIKE_REDIS_URL 改为主节点的地址。",
)
# by prefix of the answer
ANSWERS: Mapping[str, Cause] = {
    "LOADING": Cause(
        "is still loading its data",
        "wait; its log shows the progress",
        "Redis 正在加载数据，请稍候。",
    ),
    "READONLY": _FAILOVER,
    "UNBLOCKED": _FAILOVER,
    "MASTERDOWN": Cause(
        "is a replica that has lost its primary",
        "bring the primary back, or give LAIKE_REDIS_URL the address of the new one",
        "Redis 是副本，且与主节点断开：请恢复主节点，或将 LAIKE_REDIS_URL 改为新主节点的地址。",
    ),
    "NOREPLICAS": Cause(
        "has too few replicas to take writes",
        "bring its replicas back, or lower min-replicas-to-write",
        "Redis 的副本数不足，拒绝写入：请恢复副本，或调低 min-replicas-to-write。",
    ),
    "MISCONF": Cause(
        "cannot save to its disk and takes no writes",
        "free space on its disk or repair its folder; its log says what failed",
        "Redis 无法写入磁盘，拒绝写入：请检查 Redis 所在磁盘的空间和目录权限。",
    ),
    "OOM": Cause(
        "has no memory left",
        "raise its maxmemory, or remove other programs' data",
        "Redis 内存已满：请调高 maxmemory，或清理其他程序存放的数据。",
    ),
    "BUSY": Cause(
        "is busy with another program's script",
        "wait for its end, or end it with SCRIPT KILL",
        "Redis 正忙于执行其他脚本，请稍候，或用 SCRIPT KILL 结束它。",
    ),
    "ERR max number of clients reached": Cause(
        "takes no more connections",
        "raise its maxclients, or end clients that are not needed (CLIENT LIST)",
        "Redis 的连接数已满：请调高 maxclients，或关闭多余的连接。",
    ),
    "CLUSTERDOWN": Cause(
        "is a cluster, a part of which is down",
        "fix the cluster, or better give LAIKE_REDIS_URL the address of a single primary: clusters are not supported",
        "Redis 集群有节点不可用：请修复集群；建议改用单主节点的 Redis。",
    ),
    "TRYAGAIN": Cause(
        "is a cluster that is moving keys",
        "wait, or better give LAIKE_REDIS_URL the address of a single primary: clusters are not supported",
        "Redis 集群正在迁移数据，请稍候；建议改用单主节点的 Redis。",
    ),
    "MOVED": _CLUSTER,
    "ASK": _CLUSTER,
    "CROSSSLOT": _CLUSTER,
    "ERR SELECT is not allowed in cluster mode": _CLUSTER,
    "NOAUTH": Cause(
        "asks for a password",
        "write it into LAIKE_REDIS_URL, as redis://:PASSWORD@HOST:6379/0",
        "Redis 需要密码：请将其写入 LAIKE_REDIS_URL。",
        passes=False,
    ),
    "WRONGPASS": _PASSWORD,
    "ERR AUTH": Cause(
        "has no password, but was given one",
        "take it out of LAIKE_REDIS_URL, or set it in Redis (requirepass)",
        "Redis 未设密码，但 LAIKE_REDIS_URL 中写了密码：请去掉，或在 Redis 中设置。",
        passes=False,
    ),
    "NOPERM": Cause(
        "does not allow this user a command, key or channel",
        "give the user of LAIKE_REDIS_URL all commands on all keys and channels (ACL SETUSER … ~* &* +@all)",
        "Redis 用户权限不足：请为 LAIKE_REDIS_URL 中的用户开放全部命令、键和频道。",
        passes=False,
    ),
    "DENIED": Cause(
        "is in protected mode and takes no connections from other machines",
        "set a password in Redis (requirepass) and write it into LAIKE_REDIS_URL",
        "Redis 处于保护模式，拒绝其他机器连接：请为 Redis 设置密码并写入 LAIKE_REDIS_URL。",
        passes=False,
    ),
    "ERR DB index is out of range": Cause(
        "has no database of that number",
        "correct the number at the end of LAIKE_REDIS_URL",
        "Redis 没有该编号的数据库：请修正 LAIKE_REDIS_URL 末尾的编号。",
        passes=False,
    ),
}
# by error of the connection
_UNTRUSTED = Cause(
    "shows a certificate that is not trusted",
    "name the file of its CA as ?ssl_ca_certs=FILE in LAIKE_REDIS_URL, and its host as the certificate does",
    "Redis 的证书不受信任：请在 LAIKE_REDIS_URL 中用 ?ssl_ca_certs=文件 指定其 CA，并使用证书中的主机名。",
    passes=False,
)
_FAILURES: Mapping[type[OSError], Cause] = {
    ssl.SSLCertVerificationError: _UNTRUSTED,
    ssl.SSLError: Cause(
        "does not speak TLS there",
        "write redis:// instead of rediss:// into LAIKE_REDIS_URL, or give its TLS port",
        "Redis 该端口未启用 TLS：请将 LAIKE_REDIS_URL 改为 redis://，或使用 TLS 端口。",
    ),
    socket.gaierror: Cause(
        "has a host name that does not resolve",
        "correct the host in LAIKE_REDIS_URL, or repair the name service",
        "找不到 Redis 的主机名：请修正 LAIKE_REDIS_URL，或检查 DNS。",
    ),
    ConnectionRefusedError: Cause(
        "does not answer",
        "is it running?",
        "Redis 未启动：请启动它，并核对 LAIKE_REDIS_URL 的地址。",
    ),
    FileNotFoundError: Cause(
        "has no such socket",
        "is it running, and does its setting unixsocket name this path?",
        "找不到 Redis 的套接字文件：请确认 Redis 已启动，且 unixsocket 设置与路径一致。",
    ),
    PermissionError: Cause(
        "does not let this user at its socket",
        "set its unixsocketperm to 770 and join its group",
        "没有权限访问 Redis 的套接字文件：请检查 unixsocketperm 和用户组。",
        passes=False,
    ),
}
_SILENT = Cause(
    "does not answer in time",
    "is it overloaded or stopped, does a firewall drop packets, or does its port not speak TLS?",
    "Redis 响应超时：请检查其负载、防火墙和网络；未启用 TLS 的端口须写作 redis://。",
)
_CLOSED = Cause(
    "closes the connection",
    "is it being restarted? A port for TLS is written as rediss://",
    "Redis 断开了连接：请检查它是否正在重启；TLS 端口须写作 rediss://。",
)
_UNEXPECTED = Cause(
    "answers with an unexpected error",
    "report it to the maintainer of laike-sync; a key may have been changed by hand",
    "Redis 返回了意外的错误：请把这条信息交给工程师。",
    passes=False,
)

_BEGINNING = re.compile("|".join(rf"{re.escape(begin)}(?!\w)" for begin in ANSWERS))
# prefix of a transaction and, before Redis 7, of a script
_AROUND = re.compile(r"EXECABORT .*? because of: |ERR Error running script .*?: -")


class Parser(_RESP2Parser):
    """Raises refusals as errors of the connection, so that redis-py drops it."""

    @classmethod
    def parse_error(cls, response: str) -> Exception:
        """The exception for the text of an error."""
        around = _AROUND.match(response)
        if not (found := _BEGINNING.match(response, around.end() if around else 0)):
            made: Exception = super().parse_error(response)  # type: ignore[no-untyped-call]
            return made
        cause = ANSWERS[found.group()]
        kind = Outage if cause.passes else Refusal
        said = shorten(response, ANSWER_SHOWN, placeholder=" …")
        return kind(f"Redis {cause.says} ({said}): {cause.cure}", status_code=found.group())


def cause_of(error: BaseException) -> Cause:
    """The cause of any error of redis-py."""
    if found := ANSWERS.get(getattr(error, "status_code", None) or ""):
        return found
    if isinstance(error, redis.TimeoutError):
        return _SILENT
    if isinstance(error, redis.AuthenticationError):
        return _PASSWORD
    if not isinstance(error, redis.ConnectionError):
        return _UNEXPECTED
    below = error.__cause__ or error.__context__
    if isinstance(below, redis.RedisError):
        return cause_of(below)
    return next((cause for kind, cause in _FAILURES.items() if isinstance(below, kind)), _CLOSED)


def name_of(error: BaseException) -> str:
    """The short name of an error: the prefix of Redis' answer, else the exception's name."""
    return getattr(error, "status_code", None) or type(error).__name__


def passes(error: BaseException) -> bool:
    """Whether waiting may help."""
    return cause_of(error).passes


def is_cluster(error: BaseException) -> bool:
    """Whether Redis answered as a node of a cluster."""
    return cause_of(error) is _CLUSTER


def in_words(error: BaseException) -> str:
    """What an error of Redis means and what to do."""
    if isinstance(error, Answered):
        return str(error)
    cause = cause_of(error)
    return f"Redis {cause.says} ({error}): {cause.cure}"
