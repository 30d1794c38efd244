"""Phrases of checks in the three languages; a rule's message takes one in as ``{reason}``."""

from __future__ import annotations

import csv
from pathlib import Path

__all__ = ["PROBLEM", "WORDS"]

PROBLEM = "problem:"
"""Before the code of a loader's problem: what it is in Chinese and Japanese, then its own words."""


def _w(en: str, zh: str, ja: str) -> dict[str, str]:
    return {"en": en, "zh": zh, "ja": ja}


WORDS: dict[str, dict[str, str]] = {
    # what every rule may say
    "nothing": _w(
        "nothing this rule speaks of was delivered",
        "本次交付中没有该规则所涉及的内容",
        "この規則の対象となるものは納品されていません",
    ),
    "passed": _w("in order", "符合要求", "適合"),
    "needs": _w(
        "needs {what}, which was not at hand",
        "需要{what}，但检查时未提供",
        "{what} が必要ですが、検査時に提供されていません",
    ),
    "context-other": _w(
        "the city's context package was made under {other}, not under {standard}",
        "城市上下文包是按 {other} 制作的，而非 {standard}",
        "都市のコンテキストパッケージは {standard} ではなく {other} で作られています",
    ),
    "raised": _w(
        "cimkit itself failed here, the data is not to blame: {error}",
        "cimkit 自身出错，并非数据问题：{error}",
        "cimkit 自体の不具合です（データの問題ではありません）：{error}",
    ),
    "sql-failed": _w(
        "the rule's SQL gave no answer: {error}",
        "该规则的 SQL 未能给出结果：{error}",
        "規則の SQL から結果が得られません：{error}",
    ),
    "sql-columns": _w(
        "the rule's SQL says neither path nor object_id of the bad rows",
        "该规则的 SQL 未给出问题行的 path 或 object_id",
        "規則の SQL が不適合行の path も object_id も示していません",
    ),
    "no-check": _w(
        "this installation has no check {what}",
        "本安装中没有检查项 {what}",
        "この環境には検査 {what} がありません",
    ),
    "unread": _w(
        "the objects of {count} sources were not read",
        "有 {count} 个数据源的对象未被读取",
        "{count} 件のデータの対象が読み込まれていません",
    ),
    "switched-off": _w(
        "switched off by whoever ran this check",
        "由检查者关闭",
        "検査の実行者により無効にされました",
    ),
    "source-unseen": _w(
        "the source could not be looked into again: {error}",
        "无法再次读取数据源：{error}",
        "データを再度読み込めません：{error}",
    ),
    "unplaced": _w("their place on the map is unknown", "其地图位置未知", "地図上の位置が不明です"),
    "not-said": _w("not stated", "未说明", "記載なし"),
    # classes
    "class-unknown": _w(
        "no such class in {standard}",
        "{standard} 中没有该分类",
        "{standard} に該当する分類がありません",
    ),
    "unclassed": _w(
        "{count} objects of this kind fit no class of {standard}",
        "{count} 个此类对象在 {standard} 中找不到对应分类",
        "この種の {count} 件は {standard} のどの分類にも当てはまりません",
    ),
    # codes
    "code-shape": _w(
        "it does not have the shape of an identifier ({why})",
        "不符合标识码的格式（{why}）",
        "識別コードの形式ではありません（{why}）",
    ),
    "code-class-unknown": _w(
        "its class part {part} is no class of {standard}",
        "其中的分类段 {part} 不在 {standard} 中",
        "分類部 {part} は {standard} にありません",
    ),
    "code-class-other": _w(
        "its class part {part} is not the object's class {class_code}",
        "其中的分类段 {part} 与对象分类 {class_code} 不一致",
        "分類部 {part} が対象の分類 {class_code} と一致しません",
    ),
    "code-division": _w(
        "its division part {part} is not {division}",
        "其中的行政区划段 {part} 不是 {division}",
        "行政区画部 {part} が {division} ではありません",
    ),
    "code-check": _w(
        "its check digit is {part}, and should be {due}",
        "其校验码为 {part}，应为 {due}",
        "検査数字は {part} ですが、正しくは {due} です",
    ),
    "code-cell": _w(
        "its cell part {part} does not hold the object, which lies in {own_cell}",
        "其中的网格段 {part} 不含该对象，对象位于 {own_cell}",
        "メッシュ部 {part} に対象がありません（対象は {own_cell} にあります）",
    ),
    "code-zero": _w("its sequence number is zero", "顺序码为零", "連番が 0 です"),
    "code-in-delivery": _w(
        "the same delivery uses it for {first}",
        "同一交付中已用于 {first}",
        "同じ納品の {first} で使われています",
    ),
    "code-in-catalogue": _w(
        "the catalogue has given it to another object",
        "目录中已分配给其他对象",
        "台帳では別の対象に付与されています",
    ),
    # attributes
    "field-missing": _w(
        "the layer has no such field ({count} rows)",
        "图层没有该字段（{count} 行）",
        "レイヤにこの項目がありません（{count} 行）",
    ),
    "value-missing": _w("it is empty", "为空", "空です"),
    "domain": _w(
        "it is not in the code list {domain}",
        "不在代码表 {domain} 中",
        "コード表 {domain} にありません",
    ),
    "domain-name": _w(
        "the code list {domain} writes it {code}",
        "代码表 {domain} 中应写作 {code}",
        "コード表 {domain} では {code} と書きます",
    ),
    "type": _w("it is no {wanted}", "不是 {wanted} 类型", "{wanted} ではありません"),
    "minimum": _w("it is too small", "小于最小值", "最小値を下回っています"),
    "maximum": _w("it is too large", "大于最大值", "最大値を上回っています"),
    "pattern": _w(
        "it does not have the form asked for", "不符合规定格式", "規定の形式ではありません"
    ),
    "geometry-type": _w(
        "a {measured} stands where a {expected} is wanted",
        "几何类型为 {measured}，应为 {expected}",
        "形状は {measured} ですが、{expected} が求められます",
    ),
    # coordinates
    "crs-missing": _w(
        "it does not say in which coordinate system it is",
        "未说明所用坐标系",
        "座標系が示されていません",
    ),
    "crs-not-allowed": _w(
        "{standard} does not allow {measured}",
        "{standard} 不允许使用 {measured}",
        "{standard} では {measured} は認められません",
    ),
    "outside": _w(
        "it lies {distance} m outside", "位于界外 {distance} 米", "区域外 {distance} m にあります"
    ),
    "outside-part": _w(
        "it reaches {distance} m beyond the border",
        "超出边界 {distance} 米",
        "境界を {distance} m はみ出しています",
    ),
    "outside-layer": _w(
        "all {count} objects of the layer lie outside, the nearest {distance} m: its coordinate"
        " system is the first thing to look at",
        "图层的全部 {count} 个对象都在界外，最近 {distance} 米：请先核对坐标系",
        "レイヤの全 {count} 件が区域外（最も近いもので {distance} m）：まず座標系の確認を",
    ),
    "no-jurisdiction": _w(
        "{standard} names no area of jurisdiction",
        "{standard} 未给出管辖范围",
        "{standard} に管轄区域の定めがありません",
    ),
    # file names
    "no-naming": _w(
        "{standard} has no rule for file names",
        "{standard} 未规定文件命名",
        "{standard} にファイル名の定めがありません",
    ),
    # geometry
    "Self-intersection": _w("it crosses itself", "自相交", "自己交差しています"),
    "Ring Self-intersection": _w(
        "a ring touches or crosses itself", "环自相交", "リングが自己交差しています"
    ),
    "Hole lies outside shell": _w(
        "a hole lies outside its shell", "内环位于外环之外", "穴が外周の外にあります"
    ),
    "Holes are nested": _w("one hole lies in another", "内环相互嵌套", "穴が入れ子になっています"),
    "Interior is disconnected": _w(
        "its interior falls apart", "内部不连通", "内部が連結していません"
    ),
    "Nested shells": _w("one shell lies in another", "外环相互嵌套", "外周が入れ子になっています"),
    "Duplicate Rings": _w("one ring stands twice", "环重复", "リングが重複しています"),
    "Too few points in geometry component": _w(
        "it has too few points", "点数不足", "点が足りません"
    ),
    "Invalid Coordinate": _w("a coordinate is no number", "坐标无效", "座標値が不正です"),
    "geometry-empty": _w("its geometry is empty", "几何为空", "形状が空です"),
    "geometry-none": _w(
        "it has no geometry, others of its layer have",
        "没有几何（同图层其他对象有）",
        "形状がありません（同レイヤの他の対象にはあります）",
    ),
    "geometry-unread": _w(
        "geometries of a kind that validity cannot be told of (curves, solids)",
        "无法判断有效性的几何类型（曲线、体）",
        "妥当性を判定できない形状（曲線・立体）",
    ),
    "double-object": _w("it is the same as {first}", "与 {first} 相同", "{first} と同じです"),
    "double-key": _w(
        "its key is also that of {first}", "其主键与 {first} 相同", "キーが {first} と同じです"
    ),
    # surveys
    "no-density": _w("its density was not measured", "未测得点密度", "点密度が計測されていません"),
    "photo-missing": _w("no position", "没有位置", "位置がありません"),
    "photo-null-island": _w(
        "the position is 0°, 0°, which a camera without a fix writes",
        "位置为 0°, 0°，即相机未定位时写入的值",
        "位置が 0°, 0° です（測位できなかったカメラが書く値）",
    ),
    "photo-jump": _w(
        "{distance} m away from its neighbours in the drive {sequence}",
        "与行车序列 {sequence} 中的相邻照片相距 {distance} 米",
        "走行 {sequence} の前後の写真から {distance} m 離れています",
    ),
    "heading-nowhere": _w(
        "no position, so a heading says nothing",
        "没有位置，朝向无意义",
        "位置がないため方位は意味を持ちません",
    ),
    "heading-missing": _w("no heading", "没有朝向", "方位がありません"),
    "heading-range": _w(
        "a heading that is no compass angle", "朝向不是有效的方位角", "方位角の範囲外です"
    ),
    # models
    "storeys-none": _w("a building without a storey", "建筑没有楼层", "建物に階がありません"),
    "storey-name-missing": _w("a storey without a name", "楼层没有名称", "階に名前がありません"),
    "storey-name-double": _w(
        "two storeys of one name", "楼层名称重复", "同じ名前の階が二つあります"
    ),
    "storey-elevation-missing": _w(
        "a storey without an elevation", "楼层没有标高", "階に高さがありません"
    ),
    "storey-elevation-double": _w(
        "two storeys at one elevation, the other is {first}",
        "楼层标高重复，另一层为 {first}",
        "同じ高さの階が二つあります（他方は {first}）",
    ),
    "storey-order": _w(
        "lower than {first}, which its number says is below it",
        "低于编号在其下的 {first}",
        "番号では下にある {first} より低い位置です",
    ),
    "georeference-missing": _w(
        "the model does not say where it stands",
        "模型未说明其位置",
        "モデルの位置が示されていません",
    ),
    "georeference-contradiction": _w("{detail}", "{detail}", "{detail}"),
    # texts
    "encoding-detected": _w(
        "the source does not say how its texts are encoded; {measured} was found by looking",
        "数据未声明字符编码；经检测为 {measured}",
        "文字コードが宣言されていません（検出結果は {measured}）",
    ),
}


def _problems() -> dict[str, dict[str, str]]:
    """Return phrases for the problems of loaders, whose own sentence is ``{detail}``."""
    file = Path(__file__).with_name("problems.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        return {
            PROBLEM + row["code"]: _w(
                "{detail}", f"{row['zh']}（{{detail}}）", f"{row['ja']}（{{detail}}）"
            )
            for row in csv.DictReader(lines)
        }


WORDS |= _problems()
