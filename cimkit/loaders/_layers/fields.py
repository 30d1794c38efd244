"""What the attributes of a layer mean, told from their names in Chinese, Japanese and English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "GROUND",
    "HEIGHT",
    "NAME",
    "field_of",
    "is_counter",
    "is_key",
    "key_candidates",
    "undistinguished",
]


def _words(text: str) -> list[str]:
    return text.split()


_COUNTER = re.compile(
    r"(ogc_?)?fid(_?\d+)?|objectid(_?\d+)?|oid_?|rowid|row_?n(o|um|umber)?|__index_level_\d+__|index"
    r"|gid|fid_.*|shape_(length|area|leng)|st_(length|area).*|序号|行号|連番|番号順",
    re.IGNORECASE,
)
_KEY_EXACT = _words(
    "objid 标识码 识别码 标识编码 唯一标识 唯一码 资产编码 编码 编号 代码 对象编码 部件编码 识别号 "
    "識別子 識別番号 管理番号 コード 建物id 建物ＩＤ 整理番号 編號 編碼 代碼 "
    "asset_code gml_id gmlid globalid guid uuid uid id code objcode object_code bsm ysdm bh bm "
    "osm_id osm_way_id entityhandle"
)
_KEY_LIKE = re.compile(
    r".*((?i:_id)|[a-z]ID|Id)|(?i:id_.*)|.*(Code|(?i:_code|_no|_nr|_key|guid|uuid))"
    r"|.*(编号|编码|标识码|コード|番号|編號|編碼)|geoid.*",
)

NAME = _words(
    "name 名称 名字 objname obj_name 名前 名称_1 mc 名稱 标识名 全称 建筑名称 道路名称 项目名称 "
    "title label name_zh name_en name_ja nom naam nombre bezeichnung 建物名称 施設名"
)
"""Fields that hold what people call the object, best first."""
HEIGHT = _words(
    "height bldg_h bldg_height building_height measuredheight measured_height 高度 建筑高度 "
    "建筑物高度 楼高 房屋高度 建物高さ 高さ 計測高さ jzgd hgt height_m h_m 杆高 树高 建築高度"
)
"""Fields that hold the object's own height in metres, best first."""
GROUND = _words(
    "base_z z_min zmin ground_z ground_elevation base_elevation ground_height 地面高程 基底高程 "
    "底部高程 地面標高 地盤高 基底标高 elevation_base min_z"
)
"""Fields that hold the height of the ground at the object, best first."""


def field_of(fields: Iterable[str], wanted: Sequence[str]) -> str | None:
    """Return the first of the ``wanted`` names that is among the fields, whatever its case."""
    there = {name.casefold(): name for name in fields}
    return next((there[name] for name in wanted if name in there), None)


def is_counter(name: str) -> bool:
    """Return whether a field only counts rows, or measures the geometry it stands beside.

    Such fields change from one delivery to the next and say nothing of the object.

    Examples
    --------
    >>> [is_counter(n) for n in ("OBJECTID", "ogc_fid", "ObjID", "编号")]
    [True, True, False, False]
    """
    return _COUNTER.fullmatch(name) is not None


def key_candidates(fields: Sequence[tuple[str, str]]) -> list[str]:
    """Return the fields whose names promise a lasting identifier, best first.

    Parameters
    ----------
    fields : sequence of (name, type)
        Types as Arrow or OGR call them; only texts and whole numbers can be keys.
    """
    able = [
        name
        for name, kind in fields
        if re.search(r"str|utf8|int", kind, re.IGNORECASE)
        and not re.search(r"list|struct|map", kind, re.IGNORECASE)
        and not is_counter(name)
    ]
    exact = {name: i for i, name in enumerate(_KEY_EXACT)}
    best = sorted((n for n in able if n.casefold() in exact), key=lambda n: exact[n.casefold()])
    return best + [n for n in able if n not in best and _KEY_LIKE.fullmatch(n)]


def undistinguished(column: pa.ChunkedArray) -> int:
    """Return how many rows a column does not tell from the others: repeated, blank or missing."""
    if not pa.types.is_integer(column.type):
        text = pc.utf8_trim_whitespace(column.cast(pa.string()))
        column = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return len(column) - int(pc.count_distinct(column).as_py())


def is_key(rows: int, spare: int) -> bool:
    """Return whether a field tells rows apart, but for slips of single ones.

    One slip must not cost all other rows their identity: 2 % are let pass, one row of twenty too.
    """
    return rows > 0 and spare <= max(rows // 50, int(rows >= 20))
