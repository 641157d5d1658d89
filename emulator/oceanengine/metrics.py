"""The metrics of the local reports: names, units and ratios."""

from decimal import ROUND_HALF_UP, Decimal

# The fields of the official SDK's promotion report that are no dimensions.
AMOUNTS = (  # 元, kept here as whole 分
    "stat_cost",
    "oto_pay_order_amount",
    "live_oto_pay_order_stat_amount",
    "video_oto_pay_order_stat_amount",
    "video_oto_pay_order_stat_amount_7d",
)
COUNTS = (
    "show_cnt", "click_cnt", "convert_cnt", "clue_pay_order_cnt", "form_cnt", "clue_message_count",
    "message_action_cnt", "phone_confirm_cnt", "phone_connect_cnt", "intention_form_cnt", "intention_phone_cnt",
    "intention_message_clue_cnt", "attribution_convert_cnt", "attribution_clue_pay_order_cnt",
    "attribution_form_cnt", "attribution_clue_message_cnt", "attribution_message_action_cnt",
    "attribution_phone_confirm_cnt", "attribution_phone_connect_cnt", "attribution_intention_form_cnt",
    "attribution_intention_phone_cnt", "attribution_intention_message_clue_cnt", "attribution_clue_confirm",
    "attribution_clue_high_intention", "attribution_conversion_class_count", "oto_pay_order_count",
    "live_oto_pay_order_count", "video_oto_pay_order_count", "video_oto_pay_order_count_7d",
    "live_groupon_product_click_count", "poi_recommend_count", "dy_home_visited", "dy_like", "dy_comment",
    "dy_share", "dy_collect", "dy_follow", "total_play", "play_duration_3s", "play_duration_5s",
    "play_25_feed_break", "play_50_feed_break", "play_75_feed_break", "play_over", "luban_live_enter_cnt",
    "live_watch_one_minute_count", "luban_live_comment_cnt", "luban_live_share_cnt",
)  # fmt: skip
# name: numerator, denominator, factor, decimal places
RATIOS = {
    "ctr": ("click_cnt", "show_cnt", 1, 4),
    "cpc_platform": ("stat_cost", "click_cnt", 1, 2),
    "cpm_platform": ("stat_cost", "show_cnt", 1000, 2),
    "conversion_cost": ("stat_cost", "convert_cnt", 1, 2),
    "conversion_rate": ("convert_cnt", "click_cnt", 1, 4),
    "attribution_convert_cost": ("stat_cost", "attribution_convert_cnt", 1, 2),
    "attribution_conversion_rate": ("attribution_convert_cnt", "click_cnt", 1, 4),
    "attribution_intention_message_clue_cost": ("stat_cost", "attribution_intention_message_clue_cnt", 1, 2),
    "attribution_clue_confirm_cost": ("stat_cost", "attribution_clue_confirm", 1, 2),
    "attribution_clue_high_intention_cost": ("stat_cost", "attribution_clue_high_intention", 1, 2),
    "attribution_conversion_class_cost": ("stat_cost", "attribution_conversion_class_count", 1, 2),
    "oto_pay_order_roi": ("oto_pay_order_amount", "stat_cost", 1, 2),
    "live_oto_pay_order_roi": ("live_oto_pay_order_stat_amount", "stat_cost", 1, 2),
    "video_oto_pay_order_roi": ("video_oto_pay_order_stat_amount", "stat_cost", 1, 2),
    "video_oto_pay_order_roi_7d": ("video_oto_pay_order_stat_amount_7d", "stat_cost", 1, 2),
    "cost_per_video_oto_pay_order_7d": ("stat_cost", "video_oto_pay_order_count_7d", 1, 2),
    "dy_like_rate": ("dy_like", "total_play", 1, 4),
    "play_duration_5s_show_cnt_rate": ("play_duration_5s", "show_cnt", 1, 4),
    "play_over_rate": ("play_over", "total_play", 1, 4),
}
ADDITIVE = {name: place for place, name in enumerate((*AMOUNTS, *COUNTS))}
METRICS = frozenset((*AMOUNTS, *COUNTS, *RATIOS))
FEN = Decimal(100)


def amount(metric: str, whole: int) -> Decimal:
    """The figure of an additive metric in its own unit: 元 or times."""
    return whole / FEN if metric in AMOUNTS else Decimal(whole)


def whole(metric: str, figure: object) -> int:
    """The stored form (分 or times) of a figure in its own unit. Raises ValueError."""
    try:
        exact = Decimal(str(figure)) * (FEN if metric in AMOUNTS else 1)
    except ArithmeticError as problem:
        raise ValueError(f"{metric} does not take {figure!r}") from problem
    if exact != exact.to_integral_value():
        raise ValueError(f"{metric} has more decimals than the service reports: {figure!r}")
    return int(exact)


def quotient(metric: str, top: int, bottom: int) -> float | None:
    """A ratio from its stored parts; None without a denominator."""
    if bottom == 0:
        return None
    numerator, denominator, factor, places = RATIOS[metric]
    exact = amount(numerator, top) * factor / amount(denominator, bottom)
    return float(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
