"""What an answer of Redis means: an outage that passes, something for a person, or the fault of a command."""

import re
import socket
import ssl

import pytest
import redis
from redis._parsers.base import BaseParser

from pipeline.state.outages import ANSWERS, Answered, Outage, Parser, Refusal, cause_of, in_words, passes

# as servers say it: Redis 7 and 8, Valkey 9
SAID = {
    "LOADING Redis is loading the dataset in memory": Outage,
    "READONLY You can't write against a read only replica.": Outage,
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)": Outage,
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.": Outage,
    "NOREPLICAS Not enough good replicas to write.": Outage,
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.": Outage,
    "OOM command not allowed when used memory > 'maxmemory'.": Outage,
    "OOM command not allowed when used memory > 'maxmemory'. script: 4b0, on @user_script:1.": Outage,
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.": Outage,
    "ERR max number of clients reached": Outage,
    "CLUSTERDOWN Hash slot not served": Outage,
    "TRYAGAIN Multiple keys request during rehashing of slot": Outage,
    "EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.": Outage,
    "ERR Error running script (call to f_4b0): @user_script:1: @user_script: 1: -OOM command not allowed": Outage,
    "MOVED 3999 127.0.0.1:6381": Refusal,
    "ASK 3999 127.0.0.1:6381": Refusal,
    "CROSSSLOT Keys in request don't hash to the same slot": Refusal,
    "ERR SELECT is not allowed in cluster mode": Refusal,
    "NOAUTH Authentication required.": Refusal,
    "WRONGPASS invalid username-password pair or user is disabled.": Refusal,
    "ERR AUTH <password> called without any password configured for the default user.": Refusal,
    "NOPERM User default has no permissions to run the 'evalsha' command": Refusal,
    "DENIED Redis is running in protected mode because protected mode is enabled": Refusal,
    "ERR DB index is out of range": Refusal,
}
OF_A_COMMAND = (
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "NOSCRIPT No matching script.",
    "BUSYKEY Target key name already exists.",
    "BUSYGROUP Consumer Group name already exists",
    "EXECABORT Transaction discarded because of previous errors.",
    "ERR unknown command 'x', with args beginning with: 'READONLY' 'OOM '",
    "ERR Error running script (call to f_4b0): @user_script:1: WRONGTYPE Operation against a key",
    "ERR value is not an integer or out of range",
    "READONLYX",
)


@pytest.mark.parametrize("answer", SAID)
def test_an_answer_is_an_outage_or_something_for_a_person(answer: str) -> None:
    error = Parser.parse_error(answer)
    assert type(error) is SAID[answer]
    assert isinstance(error, redis.ConnectionError)
    assert passes(error) == isinstance(error, Outage)
    assert cause_of(error).cure in in_words(error) == str(error) == repr(error)


def test_each_answer_of_the_table_is_tried() -> None:
    seen = {getattr(Parser.parse_error(answer), "status_code", None) for answer in SAID}
    assert seen == set(ANSWERS)


@pytest.mark.parametrize("answer", OF_A_COMMAND)
def test_the_fault_of_a_command_is_what_it_is_for_redis_py(answer: str) -> None:
    error, usual = Parser.parse_error(answer), BaseParser.parse_error(answer)  # type: ignore[no-untyped-call]
    assert type(error) is type(usual)
    assert not isinstance(error, Answered)
    assert "an unexpected error" in in_words(error)


def behind(error: BaseException) -> redis.ConnectionError:
    """What redis-py makes of an error of the socket."""
    try:
        try:
            raise error
        except OSError:
            raise redis.ConnectionError("Error connecting") from None
    except redis.ConnectionError as made:
        return made


@pytest.mark.parametrize(
    ("error", "says", "waited"),
    [
        (ConnectionRefusedError(), "is it running", True),
        (socket.gaierror(), "host", True),
        (ssl.SSLCertVerificationError(), "ssl_ca_certs", False),
        (ssl.SSLError(), "redis://", True),
        (FileNotFoundError(), "unixsocket", True),
        (PermissionError(), "unixsocketperm", False),
        (ConnectionResetError(), "rediss://", True),
    ],
)
def test_a_connection_that_is_not_to_be_had_is_named_by_its_reason(error: OSError, says: str, *, waited: bool) -> None:
    made = behind(error)
    assert says in in_words(made)
    assert passes(made) is waited


def test_a_silence_is_named() -> None:
    assert "in time" in in_words(redis.TimeoutError("Timeout reading"))


def test_a_long_answer_is_told_in_short() -> None:
    assert len(str(Parser.parse_error("MISCONF " + "word " * 500))) < 300


@pytest.mark.parametrize("word", ANSWERS)
def test_each_cause_has_a_cure_for_the_engineer_and_one_in_chinese(word: str) -> None:
    cause = ANSWERS[word]
    assert re.match(r"(is|has|takes|asks|does|cannot) ", cause.says)
    assert cause.cure
    assert not cause.cure.endswith(".")
    assert cause.advice.endswith("。")
    assert not re.search(r"[一-鿿][,:;]", cause.advice)
