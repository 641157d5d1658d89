"""How a day's state is shown: its word on cards, in reports and in 同步状态, its letter in grids."""

from collections.abc import Mapping

from pipeline.core.outcome import DayState

# values of a column that people filter by: they never change
WORDS: Mapping[DayState, str] = {
    DayState.LOADED: "已入库",
    DayState.EMPTY: "无数据",
    DayState.INCOMPLETE: "不完整",
    DayState.FAILED: "失败",
    DayState.MISSING: "缺失",
    DayState.PARKED: "已停用",
    DayState.OPEN: "未结束",
}
STATES: Mapping[str, DayState] = {word: state for state, word in WORDS.items()}
LETTERS: Mapping[DayState, str] = {
    DayState.LOADED: "L",
    DayState.EMPTY: "0",
    DayState.INCOMPLETE: "I",
    DayState.FAILED: "F",
    DayState.MISSING: "-",
    DayState.PARKED: "P",
    DayState.OPEN: "o",
}
