"""What each fault is in words, and how it is mended."""

from __future__ import annotations

__all__ = ["WORDS"]

_SAID = {
    101: (
        "a ring has fewer than three points",
        "有环少于三个点",
        "点が 3 つ未満の輪があります",
    ),
    102: (
        "a ring has the same point twice in a row",
        "有环的相邻点重复",
        "同じ点が続けて 2 度現れる輪があります",
    ),
    103: (
        "a ring does not end where it began",
        "有环首尾不闭合",
        "始点に戻らない輪があります",
    ),
    104: (
        "a ring crosses or touches itself, or is collapsed to a line",
        "有环自相交、自接触或退化为线",
        "輪が自己交差、自己接触しているか、線につぶれています",
    ),
    201: ("rings of a polygon intersect", "面的环相交", "面の輪が互いに交差しています"),
    202: ("a polygon has a ring twice", "面中有重复的环", "面に同じ輪が 2 つあります"),
    203: (
        "a point of a polygon is off its plane",
        "面的点偏离其平面",
        "面の点がその平面から外れています",
    ),
    204: (
        "a polygon has a fold: a part of it is turned away from the rest",
        "面有折叠：局部朝向与整体不一致",
        "面に折れがあります：一部の向きが全体と異なります",
    ),
    205: (
        "the holes of a polygon cut it apart",
        "面的内环把面分割开",
        "内側の輪が面を分断しています",
    ),
    206: (
        "a hole lies outside of its polygon",
        "内环位于面之外",
        "内側の輪が面の外にあります",
    ),
    207: ("a hole lies in another hole", "内环嵌套在另一内环中", "内側の輪が入れ子になっています"),
    208: (
        "a hole runs the same way round as the outer ring",
        "内环与外环方向相同",
        "内側の輪の向きが外側の輪と同じです",
    ),
    301: (
        "a shell has fewer than four polygons",
        "壳少于四个面",
        "殻の面が 4 つ未満です",
    ),
    302: (
        "the shell is not closed: {faults} edges have one polygon only",
        "壳不封闭：{faults} 条边只有一个面",
        "殻が閉じていません：{faults} 本の辺に面が 1 つしかありません",
    ),
    303: (
        "at a vertex, parts of the shell touch that are not joined there by polygons",
        "壳在某顶点处只有点接触（非流形顶点）",
        "頂点だけで接している部分があります（非多様体の頂点）",
    ),
    304: (
        "{faults} edges have more than two polygons",
        "{faults} 条边有两个以上的面（非流形边）",
        "{faults} 本の辺に 3 つ以上の面があります（非多様体の辺）",
    ),
    305: (
        "the shell has parts that are not connected",
        "壳由不相连的几部分组成",
        "殻が互いにつながらない部分に分かれています",
    ),
    306: (
        "the shell crosses or touches itself",
        "壳自相交或自接触",
        "殻が自己交差または自己接触しています",
    ),
    307: (
        "{faults} polygons of the shell are turned over",
        "壳中有 {faults} 个面方向颠倒",
        "殻の {faults} 面が裏返っています",
    ),
    401: (
        "shells of the solid intersect or share a polygon",
        "体的壳相交或共面",
        "立体の殻が交差しているか、面を共有しています",
    ),
    402: ("the solid has a shell twice", "体中有重复的壳", "立体に同じ殻が 2 つあります"),
    403: (
        "a cavity lies outside of its solid",
        "内壳位于体之外",
        "内側の殻が立体の外にあります",
    ),
    404: (
        "the cavities cut the solid apart",
        "内壳把体分割开",
        "内側の殻が立体を分断しています",
    ),
    405: (
        "the polygons of the shell face the wrong way",
        "壳的面整体朝向错误",
        "殻の面がすべて逆向きです",
    ),
    501: (
        "solids of a composite overlap",
        "复合体中的体相互重叠",
        "複合立体の立体が重なっています",
    ),
    502: (
        "a composite has a solid twice",
        "复合体中有重复的体",
        "複合立体に同じ立体が 2 つあります",
    ),
    503: (
        "solids of a composite do not adjoin",
        "复合体中的体互不相邻",
        "複合立体の立体が隣り合っていません",
    ),
    601: (
        "parts of one building overlap: this one and {measured}",
        "同一建筑的部件重叠：本部件与 {measured}",
        "同じ建物の部分が重なっています：この部分と {measured}",
    ),
    902: ("it has a part without any polygon", "含有没有面的部分", "面のない部分があります"),
}
_RINGS = (
    "Draw the ring again, or take the superfluous points away; the place is marked.",
    "请重绘该环或删除多余的点；位置已标出。",
    "輪を描き直すか余分な点を取り除いてください。箇所は示してあります。",
)
_HOLES = (
    "Draw the rings of the polygon again: holes lie inside, apart from each other, clockwise seen "
    "from outside.",
    "请重绘面的环：内环应在面内、互不相交，从外侧看为顺时针。",
    "面の輪を描き直してください。内側の輪は面の中で互いに離れ、外から見て時計回りです。",
)
_PLANES = (
    "Split the polygon into plane parts or triangles, or move its points into one plane.",
    "请将面拆分为平面或三角形，或把点移到同一平面。",
    "面を平らな部分か三角形に分けるか、点を一つの平面に揃えてください。",
)
_SHELLS = (
    "Close the gaps, take doubled and inner polygons away, and let neighbours share all corners "
    "of an edge; the edges and polygons are marked.",
    "请补齐缺口，删除重复和内部的面，并使相邻面共用边上的全部顶点；相关边和面已标出。",
    "隙間を閉じ、重複した面や内側の面を取り除き、隣り合う面が辺の点をすべて共有するようにして"
    "ください。該当する辺と面を示してあります。",
)
_TURNED = (
    "Reverse the order of the points of the polygons marked: counter-clockwise seen from outside.",
    "请反转所标面的点序：从外侧看为逆时针。",
    "示した面の点の順を逆にしてください。外から見て反時計回りです。",
)
_SPLIT = (
    "Make each connected part a solid of its own.",
    "请将每个相连部分作为单独的体。",
    "つながった部分ごとに別の立体にしてください。",
)
_CAVITIES = (
    "Draw the cavities again: inside of the outer shell, apart from it and from each other.",
    "请重绘内壳：应位于外壳之内，互不接触。",
    "内側の殻を描き直してください。外側の殻の中で、殻どうしは離れています。",
)
_MEMBERS = (
    "Let the solids adjoin along polygons without overlapping, each of them once.",
    "请使各体以面相邻、不重叠且不重复。",
    "立体どうしは重ならずに面で接し、それぞれ一度だけ現れるようにしてください。",
)
_MENDED = {
    1: _RINGS,
    201: _HOLES,
    203: _PLANES,
    204: _PLANES,
    3: _SHELLS,
    305: _SPLIT,
    307: _TURNED,
    405: _TURNED,
    4: _CAVITIES,
    5: _MEMBERS,
    6: _MEMBERS,
    2: _HOLES,
    9: (
        "Take the empty part away, or give it its polygons.",
        "请删除空的部分，或补充其面。",
        "空の部分を取り除くか、面を与えてください。",
    ),
}
_LANGUAGES = ("en", "zh", "ja")

WORDS = {f"e{code}": dict(zip(_LANGUAGES, said, strict=True)) for code, said in _SAID.items()} | {
    f"h{code}": dict(zip(_LANGUAGES, _MENDED.get(code) or _MENDED[code // 100], strict=True))
    for code in _SAID
}
"""Phrases by word: ``e101`` what is wrong, ``h101`` how to mend it."""
