"""Every Redis key: its type, its TTL, and the cost of losing it.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:token:pair | hash: generation, sealed (Fernet) | none | read back from the mirror file |
| laike:v1:token:lock | string | 10 s, renewed | two processes could refresh at once |
| laike:v1:token:attempt | string | none | the reason of a dead refresh token is less exact |
| laike:v1:token:dead | string | none | a dead refresh token is sent once more |
| laike:v1:token:history | list of 100 | none | history |
| laike:v1:told:<day>:<what> | string | 2 days | a trouble is reported twice that day |
| laike:v1:cards:unsent | sorted set by time | 1 day | an unsent card is not sent again |
| laike:v1:cards:quiet | sorted set by time | 30 days | news of a run without a card is on no card |
| laike:v1:alerts | hash by event | 30 days | a continuing anomaly is reported once more |
| laike:v1:limit:<endpoint> | string | seconds | a few calls are refused and retried |
| laike:v1:rows:<batch>:<account> | string, zlib JSON | 3 days | the account is fetched again |
| laike:v1:changes:<batch> | string, zlib JSON | 3 days | the rows that a killed load wrote are counted again |
| laike:v1:shared:<batch> | string, zlib JSON | 3 days | the batch is not read back, and so not a success |
| laike:v1:cleared:<batch> | string, zlib JSON | 3 days | removed duplicates of a killed read-back are not reported |
| laike:v1:snapshot:<batch> | string, zlib JSON | 3 days | the table is read again |
| laike:v1:layout:<batch> | string, zlib JSON | 3 days | the batch is not read back, and so not a success |
| laike:v1:tenant:<app_id>:<credentials> | string, sealed (Fernet) | 2 hours | each process gets its own |
| laike:v1:base:<id>:writer | string | 20 s, renewed | two processes could write at once |
| laike:v1:base:<id>:writes | counter | none | an early read is not trusted |
| laike:v1:base:<id>:writes:ended | counter | none | an early read is not trusted |
| laike:v1:base:<id>:written:<number> | string, two days, a table | 600 s | an early read of other days is not trusted |
| laike:v1:base:<id>:creator | string | none | learned from the next row that we create |
| laike:v1:base:<id>:creator:app | string | none | the creator is taken for the app in the settings |
| laike:v1:base:<id>:app_token | string | none | one or two more calls |
| laike:v1:base:<id>:zone | string | 1 day | one more call |
| laike:v1:table:<id>:coverage:<account> | hash by day | none | corrections and edits by hand look the same |
| laike:v1:table:<id>:days:<account> | hash by day (400), two lines | 400 days | read back from 同步状态 for 31 days |
| laike:v1:table:<id>:status | string | none | found by its name |
| laike:v1:table:<id>:status_rows | hash | 400 days | one more search |
| laike:v1:table:<id>:views | hash by account | none | views are found by name and read again |
| laike:v1:table:<id>:columns | hash by column | none | a column renamed before the next run is not recognized |
| laike:v1:table:<id>:rows | hash by day | 400 days | no forecast for a while of when the table is full |
| laike:v1:table:<id>:counted | string | 7 days | one more call |
| laike:v1:table:<id>:seen | string | none | a lost permission is detected one load later, or by 同步状态 |
| laike:v1:table:<id>:readings:<account> | hash by day | 3 days | older figures may overwrite newer ones once |
| laike:v1:table:<id>:stopped | string | none | loading resumes without `laike doctor` |
| laike:v1:table:<id>:unseen | string | none | the release before successors would load into a table that has one |
| laike:v1:table:<id>:emptied | string, time | none | a person confirms once more that the table was emptied |
| laike:v1:table:<id>:chain | string | none | read back from 数据表清单 |
| laike:v1:quota:<month> | counter | 70 days | this month's calls so far are not counted |
| laike:v1:run:<run> | hash | 400 days | history |
| laike:v1:run:<run>:events | stream of 10,000 | 3 days | the progress of that run; 2,500 are kept with its end |
| laike:v1:run:<run>:alive | string, ms | 3 days | the watchdog looks too early once |
| laike:v1:run:<run>:watched | string | seconds | two workers send the same step; it is done once |
| laike:v1:step:<run>:<step> | string | 10 s, renewed | a second delivery does the step again, with the same result |
| laike:v1:beat | string | 900 s | `laike doctor` reports a silent beat until its next loop |
| laike:v1:runs | sorted set by start, of 400 days | none | history |
| laike:v1:open | set | none | a dead run is not finished automatically |
| laike:v1:aside | hash by run | 30 days | an unreadable run whose card was not sent is not reported |
| laike:v1:accounts:roster | string | none | the accounts are discovered again; none is reported as new or vanished |
| laike:v1:accounts:names | hash by account | none | a renamed account gets its new name |
| laike:v1:accounts:news | sorted set by time | 30 days | a new or vanished account is not reported |
| laike:v1:accounts:told | hash by line | 30 days | it is reported once more |
| laike:v1:accounts:absent | hash by account | none | an unavailable account is parked a week later |
| laike:v1:schema | string, number | none | an older release may start |
| laike:v1:schema:lock | string | 20 s, renewed | two processes could upgrade at once, with the same result |
| laike:v1:history:table | string, table id | none | a person must name the table of old rows of 同步状态 |
| laike:v1:history:unclear | string, table ids | none | nobody is asked, and all days are loaded again |
| laike:v1:spend:<account>:noted | hash by day, of 400 days | 35 days | spend outside promotions counts as new again |
| laike:v1:spend:<account>:readings | hash by day, of 35 days | 35 days | rows that both reports lost are not noticed |
| laike:v1:coverage:<account> | hash by day | none | nothing: kept for going back to the earlier release |
| laike:v1:days:<account> | hash by day, of 400 days | 400 days | nothing: kept for going back to the earlier release |
| laike:v1:unreadable:<key> | of any type | 30 days | nothing: a record of the wrong type that work put away |
| laike:v1:probe:<number> | set, never filled | none | nothing: they test whether Redis takes writes |
"""

PREFIX = "laike:v1:"  # v1 is the schema; keys about rows carry the table's id, about writing the base's, others none
HOUR_S, DAY_S, WEEK_S = 3600, 24 * 3600, 7 * 24 * 3600
STAGING_TTL_S, HISTORY_TTL_S, NEWS_TTL_S, WRITTEN_TTL_S = 3 * DAY_S, 400 * DAY_S, 30 * DAY_S, 600
EVENTS_MAX, EVENTS_KEPT = 10_000, 2_500  # of an open run, of an ended one: 1,000 accounts have two each
BEAT_TTL_S, QUOTA_TTL_S, SPEND_TTL_S = HOUR_S // 4, 70 * DAY_S, 35 * DAY_S  # beat loops several times a minute
LINES = "letters", "loaded"  # fields beside the days: each sums days up; lost, it is made again

TOKEN, TOKEN_LOCK, TOKEN_ATTEMPT = PREFIX + "token:pair", PREFIX + "token:lock", PREFIX + "token:attempt"
TOKEN_DEAD, TOKEN_HISTORY = PREFIX + "token:dead", PREFIX + "token:history"
UNSENT_CARDS, QUIET_RUNS, ALERTS = PREFIX + "cards:unsent", PREFIX + "cards:quiet", PREFIX + "alerts"
BEAT, RUNS, OPEN, ASIDE = PREFIX + "beat", PREFIX + "runs", PREFIX + "open", PREFIX + "aside"
ROSTER, ACCOUNT_NAMES = PREFIX + "accounts:roster", PREFIX + "accounts:names"
ACCOUNT_NEWS, ACCOUNT_NEWS_TOLD = PREFIX + "accounts:news", PREFIX + "accounts:told"
ACCOUNTS_ABSENT, SCHEMA, SCHEMA_LOCK = PREFIX + "accounts:absent", PREFIX + "schema", PREFIX + "schema:lock"
HISTORY_TABLE, HISTORY_UNCLEAR = PREFIX + "history:table", PREFIX + "history:unclear"


def told(day: str, what: str) -> str:
    """A trouble outside of runs was reported on a day."""
    return f"{PREFIX}told:{day}:{what}"


def limit(endpoint: str) -> str:
    """When the next call to an endpoint may be sent."""
    return f"{PREFIX}limit:{endpoint}"


def rows(batch_id: str, account_id: str) -> str:
    """The rows of a fetch."""
    return f"{PREFIX}rows:{batch_id}:{account_id}"


def snapshot(batch_id: str) -> str:
    """The table's rows as the early read found them."""
    return f"{PREFIX}snapshot:{batch_id}"


def layout(batch_id: str) -> str:
    """The table's fields that a load wrote."""
    return f"{PREFIX}layout:{batch_id}"


def changes(batch_id: str) -> str:
    """The changes of a load, recorded before it writes."""
    return f"{PREFIX}changes:{batch_id}"


def shared(batch_id: str) -> str:
    """A load's decisions about promotions that several accounts report."""
    return f"{PREFIX}shared:{batch_id}"


def cleared(batch_id: str) -> str:
    """The duplicate rows that a read-back removes, and their backups."""
    return f"{PREFIX}cleared:{batch_id}"


def tenant_token(app_id: str, credentials: str) -> str:
    """The token of an app at Feishu, by a digest of its credentials."""
    return f"{PREFIX}tenant:{app_id}:{credentials}"


def writer(base: str) -> str:
    """The lease of a base's writer."""
    return f"{PREFIX}base:{base}:writer"


def writes(base: str) -> str:
    """The number of writes into a base that began."""
    return f"{PREFIX}base:{base}:writes"


def ended_writes(base: str) -> str:
    """That number when the current or last writer took the lock."""
    return f"{PREFIX}base:{base}:writes:ended"


def written(base: str, number: int) -> str:
    """The days of a write."""
    return f"{PREFIX}base:{base}:written:{number}"


def creator(base: str) -> str:
    """The creator of our rows, as the table names it."""
    return f"{PREFIX}base:{base}:creator"


def creator_app(base: str) -> str:
    """The app that was the creator."""
    return f"{PREFIX}base:{base}:creator:app"


def app_token(base: str) -> str:
    """The base's own token, by that of the settings, which may be a wiki node's."""
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
    """Each account's view, and when its filter was last checked."""
    return f"{PREFIX}table:{table_id}:views"


def columns(table_id: str) -> str:
    """The field that each column was last written into."""
    return f"{PREFIX}table:{table_id}:columns"


def table_rows(table_id: str) -> str:
    """How many rows the whole table had, by day."""
    return f"{PREFIX}table:{table_id}:rows"


def table_counted(table_id: str) -> str:
    """The whole table's rows were counted recently."""
    return f"{PREFIX}table:{table_id}:counted"


def seen(table_id: str) -> str:
    """Rows of ours were seen in a table."""
    return f"{PREFIX}table:{table_id}:seen"


def readings(table_id: str, account_id: str) -> str:
    """When the figures in a table were read at the source, by day."""
    return f"{PREFIX}table:{table_id}:readings:{account_id}"


def loading_stopped(table_id: str) -> str:
    """Why loading into a table is stopped."""
    return f"{PREFIX}table:{table_id}:stopped"


def former_stop(table_id: str) -> str:
    """The same, as the release before successors wrote and obeys it."""
    return f"{PREFIX}table:{table_id}:unseen"


def emptied(table_id: str) -> str:
    """When a person said that a table was emptied."""
    return f"{PREFIX}table:{table_id}:emptied"


def chain(table_id: str) -> str:
    """The tables that a table is in a chain with."""
    return f"{PREFIX}table:{table_id}:chain"


def quota(month: str) -> str:
    """Our calls to Feishu in a month."""
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
    """The watchdog that takes care of a run."""
    return f"{PREFIX}run:{run_id}:watched"


def step(run_id: str, name: str) -> str:
    """The lease of a step of a run."""
    return f"{PREFIX}step:{run_id}:{name}"


def coverage(table_id: str, account_id: str) -> str:
    """What was last loaded into a table of an account, by day."""
    return f"{PREFIX}table:{table_id}:coverage:{account_id}"


def day_states(table_id: str, account_id: str) -> str:
    """The last known state of an account's days in a table, bad ones included."""
    return f"{PREFIX}table:{table_id}:days:{account_id}"


def tableless_coverage(account_id: str) -> str:
    """The earlier release's coverage of an account, whatever the table."""
    return f"{PREFIX}coverage:{account_id}"


def spend_noted(account_id: str) -> str:
    """Days on which an account spent outside promotions."""
    return f"{PREFIX}spend:{account_id}:noted"


def spend_readings(account_id: str) -> str:
    """The last good readings of an account, by day."""
    return f"{PREFIX}spend:{account_id}:readings"


def tableless_day_states(account_id: str) -> str:
    """The earlier release's day states of an account, whatever the table."""
    return f"{PREFIX}days:{account_id}"


def probe(number: int) -> str:
    """A set that is always empty."""
    return f"{PREFIX}probe:{number}"


def put_away(key: str) -> str:
    """A record of the wrong type that is made again."""
    return f"{PREFIX}unreadable:{key.removeprefix(PREFIX)}"
