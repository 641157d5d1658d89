"""Redis keys of what the metrics read: type, TTL, and the cost of losing each.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:vitals:workers | sorted set by time | 1 day | no worker is seen until its next look, within seconds |
| laike:v1:vitals:calls | hash by endpoint | none | the counters begin at 0 again, as Prometheus expects of counters |
| laike:v1:vitals:retries | hash by endpoint | none | the same |
"""

from pipeline.state.keys import PREFIX

WORKERS = PREFIX + "vitals:workers"
CALLS, RETRIES = PREFIX + "vitals:calls", PREFIX + "vitals:retries"
