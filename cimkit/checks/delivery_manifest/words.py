"""What there is to say of lists of files."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS: dict[str, dict[str, str]] = {
    "list-none": {
        "en": "no list of files with their hashes was delivered",
        "zh": "没有交付文件清单（含校验值）",
        "ja": "ファイル一覧（ハッシュ値付き）が納品されていません",
    },
    "list-unread": {
        "en": "nothing in it can be read as a list of files",
        "zh": "无法识别为文件清单",
        "ja": "ファイル一覧として読み取れません",
    },
    "listed-missing": {
        "en": "{list} names it (line {line}), and it was not delivered",
        "zh": "{list} 第 {line} 行列出了该文件，但未交付",
        "ja": "{list} の {line} 行目にありますが、納品されていません",
    },
    "listed-not": {
        "en": "no line of {list} names it",
        "zh": "{list} 中没有列出该文件",
        "ja": "{list} に記載がありません",
    },
    "hash-wrong": {
        "en": "its {algorithm} is not that of {list} (line {line}): it has been changed or damaged",
        "zh": "{algorithm} 与 {list} 第 {line} 行不符：文件已被修改或损坏",
        "ja": "{algorithm} が {list} の {line} 行目と一致しません（変更または破損）",
    },
    "size-wrong": {
        "en": "its size is not that of {list} (line {line})",
        "zh": "大小与 {list} 第 {line} 行不符",
        "ja": "サイズが {list} の {line} 行目と一致しません",
    },
    "listed-twice": {
        "en": "{list} names it twice and says two things (line {line})",
        "zh": "{list} 中重复列出且内容不一致（第 {line} 行）",
        "ja": "{list} に異なる内容で二度記載されています（{line} 行目）",
    },
}
