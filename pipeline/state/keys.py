"""Every Redis key: what it is, how long it lives, what is lost without it.

| key | type | TTL | without it |
|---|---|---|---|
| laike:v1:token:pair | hash: generation, sealed (Fernet) | none | read back from the mirror file |
| laike:v1:token:lock | string | 10 s, renewed | two refreshers could meet |
| laike:v1:token:attempt | string | none | why a refresh token is dead is told less exactly |
| laike:v1:token:dead | string | none | a dead refresh token is asked for once more |
| laike:v1:token:history | list of 100 | none | history |
| laike:v1:told:<day>:<what> | string | 2 days | something is told twice that day |
| laike:v1:cards:unsent | sorted set by time | 1 day | a card that could not be sent is not tried again |
| laike:v1:cards:quiet | sorted set by time | 30 days | what only a run that told nobody saw is on no card |
| laike:v1:alerts | hash by event | 30 days | an anomaly that goes on is told once more |
| laike:v1:limit:<endpoint> | string | seconds | a few refused calls, repeated |
| laike:v1:rows:<batch>:<account> | string, zlib JSON | 3 days | the account is fetched again |
| laike:v1:changes:<batch> | string, zlib JSON | 3 days | what a killed load had begun to write is counted anew |
| laike:v1:shared:<batch> | string, zlib JSON | 3 days | the batch is not read back, and so not a success |
| laike:v1:cleared:<batch> | string, zlib JSON | 3 days | what a killed read-back removed is backed up, but not told |
| laike:v1:snapshot:<batch> | string, zlib JSON | 3 days | the table is read again |
| laike:v1:layout:<batch> | string, zlib JSON | 3 days | the batch is not read back, and so not a success |
| laike:v1:tenant:<app_id>:<credentials> | string, sealed (Fernet) | 2 hours | each process asks for one |
| laike:v1:base:<id>:writer | string | 20 s, renewed | two writers could meet |
| laike:v1:base:<id>:writes | counter | none | an early read is not trusted |
| laike:v1:base:<id>:writes:ended | counter | none | an early read is not trusted |
| laike:v1:base:<id>:written:<number> | string, two days | 600 s | an early read of other days is not trusted |
| laike:v1:base:<id>:creator | string | none | learned again from the next row that we create |
| laike:v1:base:<id>:creator:app | string | none | the creator counts as the one of the app that is set now |
| laike:v1:base:<id>:app_token | string | none | one or two more calls |
| laike:v1:base:<id>:zone | string | 1 day | one more call |
| laike:v1:table:<id>:coverage:<account> | hash by day | none | corrections cannot be told from edits by hand |
| laike:v1:table:<id>:days:<account> | hash by day, of 400 days | 400 days | read back from 同步状态, the last 31 days |
| laike:v1:table:<id>:status | string | none | found again by its name |
| laike:v1:table:<id>:status_rows | hash | 400 days | one more search |
| laike:v1:table:<id>:views | hash by account | none | views are found again by name and read once more |
| laike:v1:table:<id>:columns | hash by column | none | a column that is renamed before the next run is not followed |
| laike:v1:table:<id>:rows | hash by day | 400 days | when the table will be full cannot be told for a while |
| laike:v1:table:<id>:counted | string | 7 days | one more call |
| laike:v1:table:<id>:seen | string | none | that a permission is lost is seen one load later, unless 同步状态 tells |
| laike:v1:table:<id>:readings:<account> | hash by day | 3 days | older figures may come back once |
| laike:v1:table:<id>:unseen | string | none | loading goes on where doctor had not let it |
| laike:v1:table:<id>:emptied | string, time | none | a person says once more that the table was emptied |
| laike:v1:quota:<month> | counter | 70 days | calls spent before that in the month are not counted |
| laike:v1:run:<run> | hash | 400 days | history |
| laike:v1:run:<run>:events | stream of 10,000 | 3 days | the progress of that run; at its end 2,500 go into the run |
| laike:v1:run:<run>:alive | string, ms | 3 days | the watchdog looks a little too early |
| laike:v1:run:<run>:watched | string | seconds | two workers send the same step, which is done once |
| laike:v1:step:<run>:<step> | string | 10 s, renewed | a second delivery does the step again, to the same end |
| laike:v1:beat | string | 900 s | doctor says that beat is silent, until its next turn |
| laike:v1:runs | sorted set by start, of 400 days | none | history |
| laike:v1:open | set | none | a run that died is not finished by itself |
| laike:v1:aside | hash by run | 30 days | that a run cannot be read is not told if its card could not be sent |
| laike:v1:accounts:roster | string | none | the accounts are discovered anew, and none is told as new or vanished |
| laike:v1:accounts:names | hash by account | none | a renamed account is written under its new name |
| laike:v1:accounts:news | sorted set by time | 30 days | a new or vanished account is not told |
| laike:v1:accounts:told | hash by line | 30 days | it is told once more |
| laike:v1:accounts:absent | hash by account | none | a dead account is waited for another week |
| laike:v1:schema | string, number | none | an older release does not know that it must not start |
| laike:v1:schema:lock | string | 20 s, renewed | two could copy what an older release remembers, to the same end |
| laike:v1:history:table | string, table id | none | a person is asked where rows of 同步状态 name no table |
| laike:v1:history:unclear | string, table ids | none | a person is not asked, and all is loaded anew |
| laike:v1:spend:<account>:noted | hash by day, of 400 days | 35 days | spend outside promotions counts as new again |
| laike:v1:spend:<account>:readings | hash by day, of 35 days | 35 days | rows that both reports lose are not missed |
| laike:v1:coverage:<account> | hash by day | none | nothing: of the release before, for going back to it |
| laike:v1:days:<account> | hash by day, of 400 days | 400 days | nothing: of the release before, for going back to it |
| laike:v1:probe:<number> | set, never filled | none | nothing: they show whether Redis takes writes |

Rows are remembered by table, writing by base, figures and people by neither.
"""

PREFIX = "laike:v1:"  # v1: the schema of the values
HOUR_S, DAY_S, WEEK_S = 3600, 24 * 3600, 7 * 24 * 3600
STAGING_TTL_S = 3 * DAY_S
HISTORY_TTL_S = 400 * DAY_S
NEWS_TTL_S, WRITTEN_TTL_S = 30 * DAY_S, 600
EVENTS_MAX, EVENTS_KEPT = 10_000, 2_500  # while a run is open, and when it has ended: a thousand accounts have two each
BEAT_TTL_S = HOUR_S // 4  # beat turns its loop several times a minute
QUOTA_TTL_S = 70 * DAY_S
SPEND_TTL_S = 35 * DAY_S

TOKEN = PREFIX + "token:pair"
TOKEN_LOCK = PREFIX + "token:lock"
TOKEN_ATTEMPT = PREFIX + "token:attempt"
TOKEN_DEAD = PREFIX + "token:dead"
TOKEN_HISTORY = PREFIX + "token:history"
UNSENT_CARDS = PREFIX + "cards:unsent"
QUIET_RUNS = PREFIX + "cards:quiet"
ALERTS = PREFIX + "alerts"
BEAT = PREFIX + "beat"
RUNS = PREFIX + "runs"
OPEN = PREFIX + "open"
ASIDE = PREFIX + "aside"
ROSTER = PREFIX + "accounts:roster"
ACCOUNT_NAMES = PREFIX + "accounts:names"
ACCOUNT_NEWS = PREFIX + "accounts:news"
ACCOUNT_NEWS_TOLD = PREFIX + "accounts:told"
ACCOUNTS_ABSENT = PREFIX + "accounts:absent"
SCHEMA = PREFIX + "schema"
SCHEMA_LOCK = PREFIX + "schema:lock"
HISTORY_TABLE = PREFIX + "history:table"
HISTORY_UNCLEAR = PREFIX + "history:unclear"


def told(day: str, what: str) -> str:
    """That a trouble outside of runs was told on a day."""
    return f"{PREFIX}told:{day}:{what}"


def limit(endpoint: str) -> str:
    """When the next call to an endpoint may be sent."""
    return f"{PREFIX}limit:{endpoint}"


def rows(batch_id: str, account_id: str) -> str:
    """What a fetch found."""
    return f"{PREFIX}rows:{batch_id}:{account_id}"


def snapshot(batch_id: str) -> str:
    """What the early read of the table found."""
    return f"{PREFIX}snapshot:{batch_id}"


def layout(batch_id: str) -> str:
    """By which fields of the table a load wrote."""
    return f"{PREFIX}layout:{batch_id}"


def changes(batch_id: str) -> str:
    """What a load set out to change, recorded before it wrote."""
    return f"{PREFIX}changes:{batch_id}"


def shared(batch_id: str) -> str:
    """What a load decided about promotions that other accounts report, too."""
    return f"{PREFIX}shared:{batch_id}"


def cleared(batch_id: str) -> str:
    """Which doubled rows a read-back set out to remove, and where their backups are."""
    return f"{PREFIX}cleared:{batch_id}"


def tenant_token(app_id: str, credentials: str) -> str:
    """The token that an app has at Feishu, by a digest of the credentials that it was asked for with."""
    return f"{PREFIX}tenant:{app_id}:{credentials}"


def writer(base: str) -> str:
    """Who may write into a base."""
    return f"{PREFIX}base:{base}:writer"


def writes(base: str) -> str:
    """How often somebody began to write into a base."""
    return f"{PREFIX}base:{base}:writes"


def ended_writes(base: str) -> str:
    """How often, when whoever writes just now took the lock."""
    return f"{PREFIX}base:{base}:writes:ended"


def written(base: str, number: int) -> str:
    """The days about which a write was."""
    return f"{PREFIX}base:{base}:written:{number}"


def creator(base: str) -> str:
    """Who the table says created our rows."""
    return f"{PREFIX}base:{base}:creator"


def creator_app(base: str) -> str:
    """Which app that was."""
    return f"{PREFIX}base:{base}:creator:app"


def app_token(base: str) -> str:
    """The base's own token, by the one of the settings, which may be that of a wiki node."""
    return f"{PREFIX}base:{base}:app_token"


def zone(base: str) -> str:
    """The base's time zone."""
    return f"{PREFIX}base:{base}:zone"


def status_table(table_id: str) -> str:
    """The id of the 同步状态 table that goes with a table."""
    return f"{PREFIX}table:{table_id}:status"


def status_rows(table_id: str) -> str:
    """Record ids of the 同步状态 table by account and day."""
    return f"{PREFIX}table:{table_id}:status_rows"


def views(table_id: str) -> str:
    """Each account's view, and when its filter was last found right."""
    return f"{PREFIX}table:{table_id}:views"


def columns(table_id: str) -> str:
    """The field that each column was last written into."""
    return f"{PREFIX}table:{table_id}:columns"


def table_rows(table_id: str) -> str:
    """How many rows the whole table had, by day."""
    return f"{PREFIX}table:{table_id}:rows"


def table_counted(table_id: str) -> str:
    """That the whole table's rows were counted lately."""
    return f"{PREFIX}table:{table_id}:counted"


def seen(table_id: str) -> str:
    """That rows of ours were seen in a table."""
    return f"{PREFIX}table:{table_id}:seen"


def readings(table_id: str, account_id: str) -> str:
    """When that was read which was last written into a table, by day."""
    return f"{PREFIX}table:{table_id}:readings:{account_id}"


def unseen(table_id: str) -> str:
    """Why loading into a table is stopped."""
    return f"{PREFIX}table:{table_id}:unseen"


def emptied(table_id: str) -> str:
    """When a person said that a table was emptied."""
    return f"{PREFIX}table:{table_id}:emptied"


def quota(month: str) -> str:
    """How many calls to Feishu we made in a month."""
    return f"{PREFIX}quota:{month}"


def run(run_id: str) -> str:
    """A run's plan, outcomes and summary."""
    return f"{PREFIX}run:{run_id}"


def events(run_id: str) -> str:
    """A run's events, as they happen."""
    return f"{PREFIX}run:{run_id}:events"


def alive(run_id: str) -> str:
    """When a step of a run last gave a sign of life."""
    return f"{PREFIX}run:{run_id}:alive"


def watched(run_id: str) -> str:
    """Which watchdog looks after a run just now."""
    return f"{PREFIX}run:{run_id}:watched"


def step(run_id: str, name: str) -> str:
    """Who is at a step of a run."""
    return f"{PREFIX}step:{run_id}:{name}"


def coverage(table_id: str, account_id: str) -> str:
    """What was last loaded of an account into a table, by day."""
    return f"{PREFIX}table:{table_id}:coverage:{account_id}"


def day_states(table_id: str, account_id: str) -> str:
    """The last known state of an account's days in a table, bad ones included."""
    return f"{PREFIX}table:{table_id}:days:{account_id}"


def tableless_coverage(account_id: str) -> str:
    """What the release before this one knows to be loaded of an account, whatever the table."""
    return f"{PREFIX}coverage:{account_id}"


def spend_noted(account_id: str) -> str:
    """Days on which an account spent more than its promotions."""
    return f"{PREFIX}spend:{account_id}:noted"


def spend_readings(account_id: str) -> str:
    """What the last good readings of an account said, by day."""
    return f"{PREFIX}spend:{account_id}:readings"


def tableless_day_states(account_id: str) -> str:
    """What the release before this one knows of an account's days, whatever the table."""
    return f"{PREFIX}days:{account_id}"


def probe(number: int) -> str:
    """A set that is always empty."""
    return f"{PREFIX}probe:{number}"
