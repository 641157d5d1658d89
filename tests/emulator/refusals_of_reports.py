# ruff: noqa: E501 - a limit is one line, whatever its length
"""The refusal table's lines about the reports of projects, of materials and of the account.

`OE` and `OE+` are the two pages of the reference of Ocean Engine; the number is the section that states the limit.
"""

from tests.emulator.client import REPORT
from tests.emulator.refusing import Refused, days, report, send, without

REQUEST = "本地推报表: 共同的请求参数, OE+ 1"
CODES = "返回码, OE 4"
PROJECTS = "本地推: 获取项目数据, OE+ 2"
MATERIALS = "本地推: 获取素材数据, OE+ 3"
ACCOUNTS = "本地推: 获取账户数据, OE+ 4"
DEEP = '{"a":' * 5000
HOURLY = "TIME_GRANULARITY_HOURLY"


def shared(kind: str) -> list[Refused]:
    """What no report takes, said of one of them."""
    of = f"{kind} report"
    return [
        Refused(f"{of}: a token is needed", CODES, report(kind, None), 200, 40104),
        Refused(f"{of}: an unknown token is refused", CODES, report(kind, "nonsense"), 200, 40105),
        Refused(f"{of}: a permission group is needed", CODES, without(report(kind), denied=[f"report.{kind}"]), 200, 40118),
        Refused(f"{of}: it is not posted", REQUEST, send("POST", f"{REPORT}/{kind}/get/"), 405, 405),
        Refused(f"{of}: its path ends with a slash", REQUEST, send("GET", f"{REPORT}/{kind}/get"), 404, 404),
        Refused(f"{of}: an account is needed", REQUEST, report(kind, local_account_id=None), 200, 40000),
        Refused(f"{of}: an account id is a number", REQUEST, report(kind, local_account_id="18x"), 200, 40000),
        Refused(f"{of}: a foreign account is not shown", CODES, report(kind, local_account_id="1800000000000001"), 200, 40002),
        Refused(f"{of}: a start day is needed", REQUEST, report(kind, start_date=None), 200, 40000),
        Refused(f"{of}: an end day is needed", REQUEST, report(kind, end_date=None), 200, 40000),
        Refused(f"{of}: the end is not before the start", REQUEST, days(2, 3, kind), 200, 40000),
        Refused(f"{of}: a span is at most a year", REQUEST, days(500, 100, kind), 200, 40000),
        Refused(f"{of}: the start is at most a year ago", ACCOUNTS, days(366, 300, kind), 200, 40000),
        Refused(f"{of}: hours are asked for at most 7 days", REQUEST, days(9, 1, kind, time_granularity=HOURLY), 200, 40000),
        Refused(f"{of}: a granularity is one of three", REQUEST, report(kind, time_granularity="DAILY"), 200, 40000),
        Refused(f"{of}: metrics are needed", REQUEST, report(kind, metrics=None), 200, 40000),
        Refused(f"{of}: at least one metric is needed", REQUEST, report(kind, metrics="[]"), 200, 40000),
        Refused(f"{of}: metrics are a JSON list", REQUEST, report(kind, metrics="stat_cost"), 200, 40000),
        Refused(f"{of}: a metric exists", REQUEST, report(kind, metrics='["stat_cost","ad_click_cnt"]'), 200, 40001),
        Refused(f"{of}: a dimension is no metric", REQUEST, report(kind, metrics='["stat_time_day"]'), 200, 40001),
        Refused(f"{of}: its rows are ordered by a metric that is asked for", REQUEST, report(kind, order_field="ctr"), 200, 40000),
        Refused(f"{of}: its rows are not ordered by a dimension", REQUEST, report(kind, order_field="stat_time_day"), 200, 40000),
        Refused(f"{of}: an order is ASC or DESC", REQUEST, report(kind, order_type="desc"), 200, 40000),
        Refused(f"{of}: a page is 10, 20, 50 or 100 long", REQUEST, report(kind, page_size="200"), 200, 40000),
        Refused(f"{of}: pages count from 1", REQUEST, report(kind, page="0"), 200, 40000),
        Refused(f"{of}: a filter is a JSON object", REQUEST, report(kind, filtering="[]"), 200, 40000),
        Refused(f"{of}: a filter is not nested without end", REQUEST, report(kind, filtering=DEEP), 200, 40000),
        Refused(f"{of}: a filter stands in filtering", REQUEST, report(kind, campaign_type="GENERAL"), 200, 40000),
        Refused(f"{of}: campaign_type is GENERAL or SEARCHING", REQUEST, report(kind, filtering='{"campaign_type":"ALL"}'), 200, 40003),
        Refused(f"{of}: a scene is spelled as in reports", "OE 3.5", report(kind, filtering='{"local_delivery_scene":"PRODUCT_PAY"}'), 200, 40003),
        Refused(f"{of}: delivery_mode is a list", REQUEST, report(kind, filtering='{"delivery_mode":"MANUAL_MODE"}'), 200, 40003),
        Refused(f"{of}: delivery_mode is spelled right", "OE 3.1", report(kind, filtering='{"devlivery_mode":["MANUAL_MODE"]}'), 200, 40003),
        Refused(f"{of}: external_action has fifteen values", "OE 3.1", report(kind, filtering='{"external_action":["PAY"]}'), 200, 40003),
    ]  # fmt: skip


OF_PROJECTS = [
    *shared("project"),
    Refused("projects are filtered by their own key", PROJECTS, report("project", filtering='{"project_ids":[1]}'), 200, 40003),
    Refused("the project report has no filter by promotion", PROJECTS, report("project", filtering='{"promotion_ids":[1]}'), 200, 40003),
    Refused("the project report has no filter by material", PROJECTS, report("project", filtering='{"material_ids":[1]}'), 200, 40003),
    Refused("the project report has no material type", PROJECTS, report("project", filtering='{"material_type":"VIDEO"}'), 200, 40003),
    Refused("projects are filtered by numbers", PROJECTS, report("project", filtering='{"cdp_project_ids":["1"]}'), 200, 40003),
    Refused("projects are filtered by a list", PROJECTS, report("project", filtering='{"cdp_project_ids":1}'), 200, 40003),
    Refused("projects are not filtered by the name of their id", PROJECTS, report("project", filtering='{"cdp_project_ids":["project_id"]}'), 200, 40003),
    Refused("a project has a known goal", PROJECTS, report("project", filtering='{"marketing_goal":"VIDEO"}'), 200, 40003),
    Refused("a promotion is no metric of a project", PROJECTS, report("project", metrics='["promotion_id"]'), 200, 40001),
    Refused("the id of a project is no metric", PROJECTS, report("project", metrics='["project_id"]'), 200, 40001),
]  # fmt: skip
OF_THE_ACCOUNT = [
    *shared("account"),
    Refused("the account report has no filter by project", ACCOUNTS, report("account", filtering='{"cdp_project_ids":[1]}'), 200, 40003),
    Refused("the account report has no filter by promotion", ACCOUNTS, report("account", filtering='{"promotion_ids":[1]}'), 200, 40003),
    Refused("the account report has no filter by material", ACCOUNTS, report("account", filtering='{"material_ids":[1]}'), 200, 40003),
    Refused("the account report has no material type", ACCOUNTS, report("account", filtering='{"material_type":"VIDEO"}'), 200, 40003),
    Refused("the account report has no filter by account", ACCOUNTS, report("account", filtering='{"local_account_ids":[1]}'), 200, 40003),
    Refused("an account has a known goal", ACCOUNTS, report("account", filtering='{"marketing_goal":"VIDEO"}'), 200, 40003),
    Refused("the id of an account is no metric", ACCOUNTS, report("account", metrics='["local_account_id"]'), 200, 40001),
]  # fmt: skip
OF_MATERIALS = [
    *shared("material"),
    Refused("poi_recommend_count is no metric of a material", MATERIALS, report("material", metrics='["stat_cost","poi_recommend_count"]'), 200, 40001),
    Refused("materials are not ordered by what they lack", MATERIALS, report("material", order_field="poi_recommend_count"), 200, 40000),
    Refused("the material report has no filter by goal", MATERIALS, report("material", filtering='{"marketing_goal":"VIDEO_IMAGE"}'), 200, 40003),
    Refused("materials are filtered by cdp_project_ids", MATERIALS, report("material", filtering='{"project_ids":[1]}'), 200, 40003),
    Refused("materials have no filter by account", MATERIALS, report("material", filtering='{"local_account_ids":[1]}'), 200, 40003),
    Refused("materials are filtered by numbers", MATERIALS, report("material", filtering='{"material_ids":["1"]}'), 200, 40003),
    Refused("materials are filtered by a list", MATERIALS, report("material", filtering='{"material_ids":1}'), 200, 40003),
    Refused("materials of promotions are filtered by numbers", MATERIALS, report("material", filtering='{"promotion_ids":["1"]}'), 200, 40003),
    Refused("materials of projects are filtered by numbers", MATERIALS, report("material", filtering='{"cdp_project_ids":[true]}'), 200, 40003),
    Refused("a material is VIDEO or CASURAL, spelled so", MATERIALS, report("material", filtering='{"material_type":"CASUAL"}'), 200, 40003),
    Refused("a material type is one word", MATERIALS, report("material", filtering='{"material_type":["VIDEO"]}'), 200, 40003),
    Refused("a material type is not null", MATERIALS, report("material", filtering='{"material_type":null}'), 200, 40003),
    Refused("a promotion is no metric of a material", MATERIALS, report("material", metrics='["promotion_id"]'), 200, 40001),
    Refused("the id of a material is no metric", MATERIALS, report("material", metrics='["material_id"]'), 200, 40001),
]  # fmt: skip
OF_REPORTS = (OF_PROJECTS, OF_THE_ACCOUNT, OF_MATERIALS)
