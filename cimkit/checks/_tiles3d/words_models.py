"""What is said of glTF models (en, zh, ja)."""

from __future__ import annotations

__all__ = ["MODELS"]

MODELS = {
    "chunk-unfit": (
        "the binary container has {measured} where {expected} belongs",
        "二进制容器中 {expected} 的位置出现 {measured}",
        "バイナリ容器の {expected} の位置に {measured} があります",
    ),
    "view-mixed": (
        "one buffer view holds both vertices and indices",
        "同一缓冲视图同时包含顶点和索引",
        "一つのバッファビューに頂点と添字が混在しています",
    ),
    "view-broken": (
        "a compressed buffer view cannot be unpacked: {measured}",
        "压缩的缓冲视图无法解压：{measured}",
        "圧縮されたバッファビューを展開できません：{measured}",
    ),
    "attribute-missing": (
        "the primitive has no {expected}",
        "图元缺少 {expected}",
        "プリミティブに {expected} がありません",
    ),
    "attribute-gap": (
        "numbered attributes do not go up from 0: {measured}",
        "带编号的属性未从 0 连续编号：{measured}",
        "番号付き属性が 0 から連番になっていません：{measured}",
    ),
    "attribute-counts": (
        "attributes have different numbers of vertices: {measured}",
        "各属性的顶点数不一致：{measured}",
        "属性ごとに頂点数が異なります：{measured}",
    ),
    "attribute-unknown": (
        "the attribute {measured} is not defined; own ones begin with _",
        "属性 {measured} 未定义；自定义属性须以 _ 开头",
        "属性 {measured} は定義されていません。独自の属性は _ で始めます",
    ),
    "attribute-form": (
        "it is stored as {measured}, {expected} is wanted",
        "存储形式为 {measured}，应为 {expected}",
        "{measured} として格納されていますが、{expected} が必要です",
    ),
    "vector-not-unit": (
        "a direction or turn has not the length 1: {measured}",
        "方向或旋转向量长度不为 1：{measured}",
        "方向または回転の長さが 1 ではありません：{measured}",
    ),
    "number-unreal": (
        "a number is infinite or none: {measured}",
        "存在无穷或非数值：{measured}",
        "無限大または非数があります：{measured}",
    ),
    "index-restart": (
        "index {measured} is reserved for restarting a strip",
        "索引 {measured} 为图元重启保留值",
        "添字 {measured} はプリミティブ再開用に予約されています",
    ),
    "corners-number": (
        "{measured} corners make no whole shapes ({expected})",
        "顶点数 {measured} 不能构成完整图元（{expected}）",
        "頂点数 {measured} では完全な図形になりません（{expected}）",
    ),
    "node-two-parents": (
        "a node is below two others: {measured}",
        "节点有两个上级：{measured}",
        "ノードに親が二つあります：{measured}",
    ),
    "node-ring": (
        "a node is below itself",
        "节点形成循环",
        "ノードが循環しています",
    ),
    "node-not-root": (
        "the scene names node {measured}, which is below another",
        "场景引用的节点 {measured} 不是根节点",
        "シーンのノード {measured} はルートではありません",
    ),
    "image-unknown": (
        "a picture is of no known kind ({measured})",
        "图像格式未知（{measured}）",
        "画像の形式が不明です（{measured}）",
    ),
    "image-type": (
        "a picture is said to be {measured} and is {expected}",
        "图像声明为 {measured}，实际为 {expected}",
        "画像は {measured} とされていますが {expected} です",
    ),
    "image-broken": (
        "a picture with metadata cannot be decoded: {measured}",
        "含元数据的图像无法解码：{measured}",
        "メタデータを持つ画像を復号できません：{measured}",
    ),
}
