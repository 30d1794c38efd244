"""Phrases of the check in three languages."""

from __future__ import annotations

__all__ = ["WORDS"]


def _w(en: str, zh: str, ja: str) -> dict[str, str]:
    return {"en": en, "zh": zh, "ja": ja}


WORDS: dict[str, dict[str, str]] = {
    "federated-placed": _w(
        "placed on the earth, or not, unlike {other}",
        "是否有地理定位与 {other} 不同",
        "地理参照の有無が {other} と異なります",
    ),
    "federated-crs": _w(
        "another coordinate reference system than {other}",
        "坐标参照系与 {other} 不同",
        "座標参照系が {other} と異なります",
    ),
    "federated-origin": _w(
        "another origin than {other}", "原点与 {other} 不同", "原点が {other} と異なります"
    ),
    "federated-rotation": _w(
        "turned otherwise on the map than {other}",
        "地图旋转角与 {other} 不同",
        "地図上の回転が {other} と異なります",
    ),
    "federated-scale": _w(
        "another map scale than {other}",
        "地图比例与 {other} 不同",
        "地図の縮尺が {other} と異なります",
    ),
    "federated-true-north": _w(
        "another true north than {other}", "真北与 {other} 不同", "真北が {other} と異なります"
    ),
    "federated-unit": _w(
        "another unit of length (in metres) than {other}",
        "长度单位（以米计）与 {other} 不同",
        "長さの単位（メートル換算）が {other} と異なります",
    ),
    "federated-heights": _w(
        "another vertical datum than {other}",
        "高程基准与 {other} 不同",
        "鉛直基準が {other} と異なります",
    ),
    "federated-elevation": _w(
        "storey {place} lies at another elevation than in {other}",
        "楼层 {place} 的标高与 {other} 不同",
        "階 {place} の高さが {other} と異なります",
    ),
    "federated-storey-name": _w(
        "the storey at {place} has another name than in {other}",
        "标高 {place} 处的楼层名称与 {other} 不同",
        "高さ {place} の階名が {other} と異なります",
    ),
    "single-several": _w(
        "{place} is named otherwise than in {other}",
        "{place} 的名称与 {other} 不同",
        "{place} の名称が {other} と異なります",
    ),
    "guid-copied": _w(
        "the same objects are in {other}, too: they would be counted twice",
        "相同对象也在 {other} 中，会被重复计数",
        "同じオブジェクトが {other} にもあり、二重に数えられます",
    ),
    "guid-clash": _w(
        "different objects have the same GlobalIds as in {other}",
        "不同对象与 {other} 中的 GlobalId 相同",
        "異なるオブジェクトが {other} と同じ GlobalId を持っています",
    ),
    "discipline-absent": _w(
        "no model of {measured} was delivered for {place}",
        "{place} 未交付专业“{measured}”的模型",
        "{place} に「{measured}」のモデルがありません",
    ),
}
