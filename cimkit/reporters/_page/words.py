"""Words of the HTML page in the three languages."""

from __future__ import annotations

from cimkit.reporters._words import Words, told

__all__ = ["own", "words"]

_OWN = {
    "skip": ("Skip to the findings", "跳到检查结果", "検査結果へ移動"),
    "noscript": (
        "This page needs JavaScript to show the findings; it loads nothing from anywhere.",
        "本页需要启用 JavaScript 才能显示检查结果；不会从任何地方加载内容。",
        "結果の表示には JavaScript が必要です。外部からは何も読み込みません。",
    ),
    "no failures": ("Nothing failed.", "没有不合格项。", "不適合はありません。"),
    "shown": (
        "{shown} of {count} findings",
        "共 {count} 条，显示 {shown} 条",
        "{count} 件中 {shown} 件",
    ),
    "some": (
        "Of {count} findings {shown} are listed here, some of each kind; the counts above are of "
        "all of them. Reports in .parquet, .csv and .json hold every one.",
        "共 {count} 条结果，此处按类别各取一部分列出 {shown} 条；以上统计均为全部结果。"
        "全部结果见 .parquet、.csv 或 .json 报告。",
        "{count} 件のうち、種類ごとに一部ずつ計 {shown} 件を示します。"
        "上の集計はすべての結果によります。"
        "全件は .parquet、.csv、.json の報告にあります。",
    ),
    "before": ("Previous", "上一页", "前へ"),
    "after": ("Next", "下一页", "次へ"),
    "all": ("all", "全部", "すべて"),
    "clear": ("Clear filters", "清除筛选", "絞り込み解除"),
    "containing": ("Text", "文本", "文字列"),
    "choose": (
        "Choose a finding in the list or on the map.",
        "请在列表或地图上选择一条结果。",
        "一覧または地図から結果を選んでください。",
    ),
    "position": ("Longitude, latitude", "经度、纬度", "経度・緯度"),
    "fingerprint": ("Fingerprint", "指纹", "指紋"),
    "solid": ("The part at fault, in 3D", "问题部位（三维）", "不適合の部分（3D）"),
    "map help": (
        "Map of findings: arrow keys move, + and - zoom, 0 shows all, Enter picks the middle",
        "检查结果地图：方向键移动，+ 和 - 缩放，0 显示全部，回车选取中心处",
        "結果の地図：矢印キーで移動、+ と - で拡大縮小、0 で全体、Enter で中央を選択",
    ),
    "where": ("Where", "位置图", "位置図"),
    "each": ("Findings one by one", "逐条结果", "結果の一覧"),
    "show": ("show", "查看", "表示"),
    "alike rows": ("Show all: {count}", "显示全部：{count}", "すべて表示：{count}"),
}
_SHARED = (
    *("findings", "more rows", "more groups", "copies", "alike", "rule", "severity", "file"),
    *("class", "state", "place", "finding", "count", "measured", "expected", "tolerance"),
    *("clause", "element", "waived", "waiver", "new", "open", "error", "warning", "info"),
    *("status", "failed", "places", "passed", "not checked", "not applicable", "pass", "fail"),
    *("rules", "outcome", "nothing fails", "of", "mandatory", "not applicable things"),
    *("mender vendor", "mender office", "mender tool"),
)


def own(key: str, **values: object) -> Words:
    """Return a text of the page in all languages, filled in.

    Examples
    --------
    >>> own("all")
    {'en': 'all', 'zh': '全部', 'ja': 'すべて'}
    """
    texts = zip(("en", "zh", "ja"), _OWN[key], strict=True)
    return {n: text.format(**values) if values else text for n, text in texts}


def words() -> dict[str, Words]:
    """Return all texts that the page looks up by itself."""
    return {**{key: own(key) for key in _OWN}, **{key: told(key) for key in _SHARED}}
