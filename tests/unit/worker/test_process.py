import pytest

from worker.process import is_call


@pytest.mark.parametrize(
    ("words", "held"),
    [
        ("celery -A worker.app call laike.daily", True),
        ("/opt/laike/bin/celery --app worker.app call laike.daily", True),
        ("/x/celery/__main__.py -A worker.app --quiet call laike.daily", True),
        ("celery --app=worker.app -b redis://h call laike.daily", True),
        ("celery -A worker.app worker --hostname call", False),
        ("celery -A worker.app beat --pidfile=", False),
        ("celery -A worker.app flower", False),
        ("celery -A call inspect ping", False),
        ("celery", False),
        ("/opt/laike/bin/laike runs call", False),
        ("pytest call", False),
    ],
)
def test_the_command_that_sends_one_message_is_known_by_its_words(words: str, *, held: bool) -> None:
    assert is_call(words.split()) == held
