"""Why an edition governs, or does not, in the three languages."""

from __future__ import annotations

_REASONS = {
    "governs": (
        "{key} governs on {date}: {span}",
        "{date} 适用 {key}：{span}",
        "{date} には {key} を適用します：{span}",
    ),
    "beside": (
        "{key} was named and is {span}; {other} is in force on {date}, too",
        "指定的 {key} {span}；{date} {other} 也已施行",
        "指定された {key} は{span}。{date} には {other} も有効です",
    ),
    "accepted": (
        "{key} was named; it is not in force on {date}, but {other} accepts it until {until}",
        "指定的 {key} 在 {date} 已非现行版本，但 {other} 在 {until} 之前仍予接受",
        "指定された {key} は {date} の有効版ではありませんが、{other} が {until} まで認めます",
    ),
    "superseded": (
        "{key} was named, but on {date} {other} is in force (since {since}) and does not accept it",
        "指定的 {key} 已被 {other} 代替（{since} 起施行），{date} 不再接受",
        "指定された {key} は {other}（{since} 施行）に置き換えられ、{date} には認められていません",
    ),
    "over": (
        "{key} was named, but it was in force only until {ends}, and the day is {date}",
        "指定的 {key} 已于 {ends} 失效，而日期为 {date}",
        "指定された {key} の有効期限は {ends} で、対象日は {date} です",
    ),
    "early": (
        "{key} was named, but it comes into force on {begins} only, and the day is {date}",
        "指定的 {key} 自 {begins} 起施行，{date} 尚未生效",
        "指定された {key} の施行は {begins} で、{date} にはまだ有効ではありません",
    ),
    "none yet": (
        "no edition is in force on {date}; {key}, taken here, is the first, from {begins}",
        "{date} 尚无现行版本；此处采用最早的 {key}，自 {begins} 起施行",
        "{date} に有効な版はありません。ここでは最初の {key}（{begins} 施行）を用います",
    ),
    "none left": (
        "no edition is in force on {date}; {key}, taken here, was the last, until {ends}",
        "{date} 已无现行版本；此处采用最后的 {key}，其有效期至 {ends}",
        "{date} に有効な版はありません。ここでは最後の {key}（{ends} まで有効）を用います",
    ),
}
_SPANS = {
    (True, True): (
        "in force from {begins} to {ends}",
        "有效期 {begins} 至 {ends}",
        "有効期間 {begins} から {ends} まで",
    ),
    (True, False): ("in force from {begins}", "自 {begins} 起施行", "{begins} 施行"),
    (False, True): ("in force until {ends}", "有效期至 {ends}", "{ends} まで有効"),
    (False, False): (
        "it gives no dates, and no later edition was found",
        "未注明施行日期，且未找到更新的版本",
        "施行日の記載がなく、より新しい版も見つかりません",
    ),
}


def reasons(why: str, *, begins: str, ends: str, **values: str) -> dict[str, str]:
    """Return a reason by language: en, zh, ja.

    Examples
    --------
    >>> said = reasons("over", key="a@1", date="2026-05-01", begins="", ends="2025-12-31")
    >>> print(said["en"])
    a@1 was named, but it was in force only until 2025-12-31, and the day is 2026-05-01
    """
    found = {}
    for n, language in enumerate(("en", "zh", "ja")):
        span = _SPANS[bool(begins), bool(ends)][n].format(begins=begins, ends=ends)
        text = _REASONS[why][n]
        found[language] = text.format(span=span, begins=begins, ends=ends, **values)
    return found
