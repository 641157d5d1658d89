"""Facts on which sources disagree or are silent: the alternatives of each, and their source.

The first alternative holds unless `POST /_control/unsure` or the option `--unsure` chooses another.

Left out is what touches no call of the daily path, and what the product does not depend on: it sends every parameter
(order of a report), assumes no unit of derived figures (rates), decides by `code` and not by HTTP status, uses a token
until it is refused whatever `expire` says, and stays far below every rate ever named. Left out as well: a report
without a filter that sums over the account (an SDK's comment; four live clients see rows of promotions, and the product
fails on a row without one), and a null in a batch update that clears nothing (it would keep an old reason in 同步状态).

Sources: `OE` is the reference of Ocean Engine, `OE+` its second page, `FS` that of Feishu.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Changes = Mapping[str, object]


@dataclass(frozen=True)
class Fact:
    """One fact with its alternatives."""

    name: str
    alternatives: tuple[str, ...]  # the first one is the default
    about: str
    source: str
    settings: Mapping[str, Changes] = field(default_factory=dict)  # by alternative: settings that it implies

    def __post_init__(self) -> None:
        if len(set(self.alternatives)) < 2 or self.settings.keys() - set(self.alternatives):  # noqa: PLR2004 no choice
            raise ValueError(f"{self.name} has no two alternatives, or settings of none of them")


_ALL = (
    # every list of Ocean Engine
    Fact("empty_list", ("list", "null", "absent"), "the rows of a list without any", "OE 7.4"),
    Fact("empty_pages", ("none", "one", "absent"), "page_info of a list without rows: total_page", "OE 7.4, 7.5"),
    Fact("page_beyond_end", ("empty", "refused"), "a page after the last one", "OE 7.5"),
    Fact("ids", ("numbers", "text"), "ids in answers", "OE 1 Ids"),
    Fact("throttled_calls", ("40100", "40110", "40110_retry_in", "http_429"), "a call too many", "OE 4, 5; OE+ 0"),
    # reports
    Fact("default_granularity", ("daily", "total"), "time_granularity left out", "OE 3.1; OE+ 0"),
    Fact("money", ("two_digits", "float_noise"), "amounts as JSON floats", "OE 7.9"),
    Fact(
        "ratio_without_denominator", ("null_or_zero", "zero", "null", "absent"), "a cost or rate per nothing", "OE 7.10"
    ),
    Fact("no_materials", ("list", "refused"), "a material report without rows: a list, or code 40000", "OE 4; OE+ 3"),
    Fact("metric_of_no_material", ("refused", "omitted"), "poi_recommend_count of materials", "OE+ 3"),
    # tokens
    Fact(
        "old_access_token", ("dead", "alive"), "the old access token after a refresh", "OE 2.2",
        {"dead": {"access_token_grace": 0.0}, "alive": {"access_token_grace": 86_400.0}},
    ),
    # discovery
    Fact("authorized_token", ("query", "header"), "where oauth2/advertiser/get looks for the token", "OE+ 11"),
    Fact("account_type", ("type", "role", "number"), "what a ticked line says of its kind", "OE+ 11"),
    Fact("is_valid", ("told", "absent"), "is_valid of a line that is still managed", "OE+ 11"),
    Fact("public_names", ("told", "row_missing", "empty", "null"), "names of 本地推 accounts in public_info", "OE 2.3"),
    Fact("enterprise_bp", ("listed", "refused"), "PLATFORM_ROLE_ENTERPRISE_BP_*: 升级版工作台 or 企业号", "OE+ 11"),
    Fact("group_bp", ("listed", "refused"), "PLATFORM_ROLE_GROUP_BP_* by the list of the 升级版工作台", "OE+ 11"),
    Fact("agent_ids", ("list", "advertiser_ids", "both"), "where agent/advertiser/select has its ids", "OE+ 11"),
    Fact("child_agent_ids", ("child_agent_ids", "list"), "where agent/child_agent/select has its ids", "OE+ 11"),
    Fact("cursor_info", ("cursor_page_info", "cursor_info"), "the place of a cursor (SDK, BUB)", "OE+ 11"),
    # records of Feishu
    Fact(
        "client_token", ("replayed", "refused", "ignored"), "a client_token that was used before", "FS 2.6",
        {"replayed": {"client_token_mode": "replay"}, "refused": {"client_token_mode": "refuse"},
         "ignored": {"client_token_mode": "ignore"}},
    ),
    Fact(
        "write_batch", ("1000", "500"), "records of one batch", "FS 2.2",
        {"1000": {"write_batch": 1000}, "500": {"write_batch": 500}},
    ),
    Fact("created_order", ("as_sent", "reversed"), "records in the answer to batch_create", "FS 2.6"),
    Fact("write_echo", ("as_sent", "as_read", "ids"), "fields in the answer to a write", "FS 2.6"),
    Fact("text_cells", ("segments", "string", "pieces"), "text cells of a search", "FS 2.5, 2.7"),
    Fact("empty_cells", ("left_out", "null", "blank"), "empty cells of a search", "FS 2.7, 7"),
    Fact("empty_search", ("list", "null", "absent"), "items of a search that finds nothing", "FS 2.5, silent"),
    Fact("last_page_token", ("absent", "empty", "kept"), "page_token where has_more is false", "FS 2.5"),
    Fact("date_filter", ("days", "instants"), "ExactDate against a cell: the day, or its midnight", "FS 2.5"),
    Fact("conflicts", ("writes", "reads_too"), "what 1254291 refuses while a write is under way", "FS 2.8"),
    # tables, views and limits of Feishu
    Fact("new_table_rows", ("none", "ten_blank"), "rows of a table that was just made", "FS 2.3, 7"),
    Fact("just_created", ("there", "late"), "the first call about a table that was just made", "FS 2.6"),
    Fact("views_total", ("shown", "all"), "total of the list of views: personal ones of others", "FS Corrections"),
    Fact("view_select", ("option_ids", "option_names"), "a view's filter on a select field", "FS 3"),
    Fact("view_value", ("text", "list"), "the value of a view's condition, read back", "FS 3"),
    Fact("unfiltered_view", ("null", "empty", "absent"), "filter_info of a view without a filter", "FS 3"),
    Fact(
        "too_many_requests", ("429", "429_bare", "400", "1254290", "1254290_429", "1254112"),
        "a call too many: the gateway's refusal, or that of the base", "FS 1, 5, Corrections",
    ),
    Fact("monthly_calls", ("10000", "1000000"), "calls a month of the free edition", "FS 1, Corrections"),
)  # fmt: skip
FACTS: Mapping[str, Fact] = {fact.name: fact for fact in _ALL}


def checked(wanted: object) -> dict[str, str]:
    """Check a choice of alternatives by fact. Raises ValueError or TypeError that lists what there is."""
    if not isinstance(wanted, dict):
        raise TypeError(f"an alternative by fact is wanted; there are {', '.join(FACTS)}")
    for name, alternative in wanted.items():
        if name not in FACTS or alternative not in FACTS[name].alternatives:
            offered = FACTS[name].alternatives if name in FACTS else FACTS
            raise ValueError(f"{name!r} cannot be {alternative!r}; there are {', '.join(offered)}")
    return dict(wanted)


class Choices(dict[str, str]):
    """The chosen alternative by fact; at the start the first of each."""

    def __init__(self) -> None:
        super().__init__((fact.name, fact.alternatives[0]) for fact in _ALL)

    def holds(self, name: str, alternative: str) -> bool:
        """Whether this alternative of a fact is chosen. Raises ValueError for an unknown one."""
        checked({name: alternative})
        return self[name] == alternative
