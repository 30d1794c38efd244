"""Find the header of an office's table and what its columns are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cimkit.errors import UsageError
from cimkit.standard.office._tables import Grid, letter

ROLES = ("code", "parent", "name", "name_zh", "name_ja", "name_en", "definition", "level", "note")
"""What a column may be; in a table of several levels also ``code1``, ``name1``, ``code2`` ..."""
_WORDS = {
    "parent": (
        "(上级|上級|上层|上層|上位|父级?|父类|親|所属)(类目|分类|分類|类)?"
        "(代码|编码|编号|代碼|編碼|代號|コード|code)|"
        "上级|父节点|parent( ?code)?|parentcode"
    ),
    "name_en": "英文(名称|名|译名)?|英語(名称|名)?|english( ?name)?|name_?en|英訳",
    "name_ja": "日文(名称|名)?|日本語(名称|名)?|和名|japanese( ?name)?|name_?ja",
    "name_zh": "(中文|汉语)(名称|名)?|中国語(名称|名)?|chinese( ?name)?|name_?zh",
    "code": (
        "(分类|分類|类目|要素|部件|标识|小类|国标|分類項目)?(代码|编码|代号|代碼|編碼|コード|記号)|"
        "分类编号|编号|code|class ?code|番号"
    ),
    "name": (
        "(分类|分類|类目|要素|部件|类别|項目|设施)?(名称|名稱|名)|名前|类目|类别|品名|種別|名目|"
        "name|class ?name|title|项目"
    ),
    "definition": "(说明|說明|定义|描述|含义|内容|释义|解释|説明|定義|概要)|definition|description",
    "level": "(级别|层级|级|等级|階層|レベル|层次)|level",
    "note": "(备注|備考|備註|注|附注|摘要)|remarks?|notes?",
}
_LEVELS = (
    (1, "门类|大类|大類|大分類|一级(类目|分类|类)?|第一级|第1级|major"),
    (2, "中类|中類|中分類|二级(类目|分类|类)?|第二级|第2级"),
    (3, "小类|小類|小分類|三级(类目|分类|类)?|第三级|第3级|minor"),
    (4, "细类|細類|细目|細分類|子类|四级(类目|分类|类)?|第四级|第4级"),
    (5, "五级(类目|分类|类)?|第五级|第5级"),
)
_CODE_END = "(代码|编码|代号|编号|代碼|コード|番号|code)"
_NAME_END = "(名称|名稱|名|name)?"


@dataclass(frozen=True)
class Header:
    """What was found out about a table's columns."""

    row: int
    """First row below the header, counted from 0."""
    roles: dict[str, int] = field(default_factory=dict)
    """Column by role, counted from 0."""
    titles: dict[int, str] = field(default_factory=dict)
    """Text of each column's header."""

    @property
    def score(self) -> int:
        """How much a table it is; 0 none."""
        has_code = any(r.startswith("code") for r in self.roles)
        has_name = any(r.startswith("name") for r in self.roles)
        return len(self.roles) if has_code and has_name else 0

    def said(self) -> str:
        """Return a sentence on which column was taken for what."""
        parts = [
            f"{role} = {letter(at)} {self.titles.get(at, '')!r}" for role, at in self.roles.items()
        ]
        return f"header in row {self.row}: {', '.join(parts)}" if self.row else ", ".join(parts)


def plain(text: str) -> str:
    """Return a header without blanks, brackets and the shapes of full-width letters."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", text)
    return re.sub(r"\s+", "" if re.search("[^\x00-\x7f]", text) else " ", text).strip(" :：*")


def role_of(title: str) -> str:
    """Return what a column with this header is, "" if no word is known.

    Examples
    --------
    >>> role_of("分类代码"), role_of("大类 名称"), role_of("上位コード"), role_of("Remarks")
    ('code', 'name1', 'parent', 'note')
    """
    text = plain(title)
    for level, words in _LEVELS:
        if re.fullmatch(f"({words})_?{_CODE_END}", text):
            return f"code{level}"
        if re.fullmatch(f"({words})_?{_NAME_END}", text):
            return f"name{level}"
    return next((role for role, words in _WORDS.items() if re.fullmatch(words, text)), "")


def find_header(grid: Grid) -> Header:
    """Return the header of a table: the row, or two rows, whose words say most."""
    best = Header(0)
    for row in range(min(30, len(grid.rows))):
        for height in (1, 2):
            if row + height < len(grid.rows):
                found = _header(grid, row, height)
                if found.score > best.score:
                    best = found
    return best


def _header(grid: Grid, row: int, height: int) -> Header:
    titles: dict[int, str] = {}
    roles: dict[str, int] = {}
    for column in range(max(len(r) for r in grid.rows[row : row + height])):
        words = [grid.cell(row + n, column).text.strip() for n in range(height)]
        if any(len(w) > 30 for w in words):
            return Header(0)
        # A cell merged over both rows says it twice.
        title = "".join(dict.fromkeys(words))
        if not title:
            continue
        titles[column] = title
        role = role_of(title) or role_of(words[-1])
        if role and role not in roles:
            roles[role] = column
    levels = [r for r in roles if re.fullmatch("code[0-9]", r)]
    if len(levels) == 1 and "code" not in roles:
        # One level that is coded is a flat table.
        number = levels[0][-1]
        roles["code"] = roles.pop(levels[0])
        if f"name{number}" in roles and "name" not in roles:
            roles["name"] = roles.pop(f"name{number}")
    elif levels:
        roles.pop("code", None)
    return Header(row + height, roles, titles)


def said_header(grid: Grid, columns: Mapping[str, str]) -> Header:
    """Return the header with columns that the user names: by letter, number or text.

    Raises
    ------
    UsageError
        If there is no such role or column.
    """
    found = find_header(grid)
    if not found.score:
        found = Header(0, {}, {c: cell.text.strip() for c, cell in enumerate(grid.rows[0])})
    roles = dict(found.roles)
    for role, column in columns.items():
        if role not in ROLES and not re.fullmatch("(code|name)[1-5]", role):
            raise UsageError("no such role of a column", got=role, expected=", ".join(ROLES))
        at = _column(column, found)
        if at is None:
            raise UsageError(
                "no such column",
                where=grid.name,
                got=column,
                expected="a letter (C), a number (3) or a header: "
                + ", ".join(found.titles.values()),
            )
        roles = {r: c for r, c in roles.items() if c != at}
        roles[role] = at
    if "code" in columns:
        roles = {r: c for r, c in roles.items() if not re.fullmatch("code[0-9]", r)}
    return Header(found.row or _body(grid, roles), roles, found.titles)


def _body(grid: Grid, roles: Mapping[str, int]) -> int:
    """Return the first row whose code has a digit: what stands above such rows is a header."""
    at = next((c for r, c in roles.items() if r.startswith("code")), 0)
    coded = (n for n in range(len(grid.rows)) if re.search(r"\d", grid.cell(n, at).text))
    return next(coded, 0)


def _column(text: str, header: Header) -> int | None:
    for at, title in header.titles.items():
        if plain(title) == plain(text):
            return at
    if re.fullmatch("[A-Za-z]{1,2}", text):
        at = 0
        for sign in text.upper():
            at = at * 26 + ord(sign) - 64
        return at - 1
    return int(text) - 1 if re.fullmatch("[1-9][0-9]?", text) else None
