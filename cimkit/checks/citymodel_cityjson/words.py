"""What is wrong with a CityJSON document, in words."""

from __future__ import annotations

__all__ = ["LENIENT", "WORDS"]

LENIENT = frozenset(
    {
        *("vertices-unused", "vertices-double", "root-extra", "geometry-extra", "version-unknown"),
        *("kin-double", "extent-wrong", "feature-head", "crs-form", "surface-unknown"),
    }
)
"""Mistakes that cost no reader anything: warnings."""
_AT = "{pointer}: "
_SAID: dict[str, tuple[str, str, str]] = {
    "member-missing": ("this member is missing", "缺少该成员", "この要素がありません"),
    "member-kind": ("it is not {expected}", "应为 {expected}", "{expected} ではありません"),
    "root-extra": (
        "the specification knows no such member; readers pass it over",
        "规范中没有该成员，软件会忽略它",
        "仕様にない要素で、読み飛ばされます",
    ),
    "geometry-extra": (
        "the specification allows no such member here",
        "规范不允许此处有该成员",
        "仕様ではここに置けない要素です",
    ),
    "version-unknown": (
        "this version of CityJSON is not known here",
        "未知的 CityJSON 版本",
        "未知の CityJSON の版です",
    ),
    "crs-form": (
        "the coordinate system is not written as this version asks",
        "坐标系的写法不符合该版本",
        "座標参照系の書き方がこの版と合いません",
    ),
    "extent-form": (
        "the extent is not six numbers, the lowest first",
        "范围应为六个数，最小值在前",
        "範囲は最小値から始まる 6 つの数ではありません",
    ),
    "extent-wrong": (
        "vertices lie outside of the extent stated",
        "有顶点位于所述范围之外",
        "示された範囲の外に頂点があります",
    ),
    "vertex-kind": (
        "a vertex is not three numbers",
        "顶点不是三个数",
        "頂点が 3 つの数ではありません",
    ),
    "vertex-whole": (
        "with a transform, coordinates are whole numbers",
        "使用 transform 时坐标应为整数",
        "transform があるとき座標は整数です",
    ),
    "vertices-unused": (
        "{measured} vertices are used by no geometry",
        "{measured} 个顶点未被使用",
        "{measured} 個の頂点が使われていません",
    ),
    "vertices-double": (
        "{measured} vertices are there twice",
        "{measured} 个顶点重复",
        "{measured} 個の頂点が重複しています",
    ),
    "type-unknown": (
        "no type of city object has this name",
        "没有此名称的对象类型",
        "この名の地物型はありません",
    ),
    "extension-undeclared": (
        "the type is of an extension, and none is declared",
        "类型属于扩展，但未声明扩展",
        "拡張の型ですが、拡張が宣言されていません",
    ),
    "parents-missing": (
        "a {measured} is part of another object and does not name it",
        "{measured} 是其他对象的一部分，却未注明 parents",
        "{measured} は他の地物の一部ですが、parents がありません",
    ),
    "kin-missing": (
        "it names an object that is not there",
        "所指对象不存在",
        "存在しない地物を指しています",
    ),
    "kin-one-sided": (
        "it names {measured}, which does not name it in return",
        "指向 {measured}，但对方未回指",
        "{measured} を指していますが、相手は指し返していません",
    ),
    "kin-double": ("it names an object twice", "重复指向同一对象", "同じ地物を 2 度指しています"),
    "kin-circle": (
        "the object is its own ancestor",
        "对象成为自身的上级",
        "地物が自分自身の親になっています",
    ),
    "geometry-type": (
        "this type of geometry is not allowed here",
        "此处不允许该几何类型",
        "ここではこの幾何型は使えません",
    ),
    "lod-form": (
        "the level of detail is not written as this version asks",
        "LoD 的写法不符合该版本",
        "LoD の書き方がこの版と合いません",
    ),
    "boundary-depth": (
        "the boundaries are nested otherwise than the type asks",
        "边界的嵌套层数不符合几何类型",
        "境界の入れ子が幾何型と合いません",
    ),
    "boundary-index": (
        "boundaries hold something that is no index",
        "边界中含有非索引的值",
        "境界に番号でない値があります",
    ),
    "boundary-range": (
        "boundaries point at a vertex that is not there",
        "边界指向不存在的顶点",
        "境界が存在しない頂点を指しています",
    ),
    "semantics-shape": (
        "there are {measured} semantic values where there are {expected} surfaces",
        "语义值有 {measured} 个，而面有 {expected} 个",
        "意味の値が {measured} 個、面が {expected} 個です",
    ),
    "semantics-range": (
        "a semantic value points at no surface of the list",
        "语义值指向列表之外",
        "意味の値が一覧にない面を指しています",
    ),
    "surface-unknown": (
        "no type of semantic surface has this name",
        "没有此名称的语义面类型",
        "この名の面の型はありません",
    ),
    "surface-range": (
        "a parent or child of a semantic surface is not in the list",
        "语义面的上下级不在列表中",
        "面の親または子が一覧にありません",
    ),
    "material-shape": (
        "there are {measured} materials where there are {expected} surfaces",
        "材质有 {measured} 个，而面有 {expected} 个",
        "材質が {measured} 個、面が {expected} 個です",
    ),
    "material-range": (
        "a surface asks for a material that is not there",
        "面引用了不存在的材质",
        "存在しない材質を指しています",
    ),
    "texture-shape": (
        "the texture coordinates do not fit the rings",
        "纹理坐标与环不符",
        "テクスチャ座標が輪と合いません",
    ),
    "texture-range": (
        "a ring asks for a texture or texture coordinate that is not there",
        "环引用了不存在的纹理或纹理坐标",
        "存在しないテクスチャまたはその座標を指しています",
    ),
    "template-range": (
        "it asks for a template that is not there",
        "引用了不存在的模板",
        "存在しないテンプレートを指しています",
    ),
    "feature-id": (
        "the feature is called by the key of no object in it",
        "要素的 id 不是其中任何对象的键",
        "フィーチャの id が中の地物のキーではありません",
    ),
    "feature-head": (
        "a feature has a member that belongs to the first line",
        "要素中有应属于首行的成员",
        "フィーチャに先頭行の要素があります",
    ),
}
_LANGUAGES = ("en", "zh", "ja")
WORDS = {
    word: dict(zip(_LANGUAGES, (_AT + text for text in said), strict=True))
    for word, said in _SAID.items()
}
"""Phrases by word."""
