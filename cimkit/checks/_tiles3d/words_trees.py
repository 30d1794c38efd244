"""What is said of tiles, volumes, files, extensions and implicit tilings (en, zh, ja)."""

from __future__ import annotations

__all__ = ["TREES"]

TREES = {
    # files
    "file-missing": (
        "the file {measured} was not delivered",
        "引用的文件 {measured} 未交付",
        "参照先のファイル {measured} が納品されていません",
    ),
    "file-case": (
        "the address {measured} differs from the file {expected} in upper and lower case",
        "地址 {measured} 与文件 {expected} 大小写不一致",
        "アドレス {measured} とファイル {expected} の大文字・小文字が異なります",
    ),
    "file-backslash": (
        "the address {measured} has backslashes, only {expected} works everywhere",
        "地址 {measured} 含反斜杠，应写作 {expected}",
        "アドレス {measured} に逆スラッシュがあります。{expected} と記すべきです",
    ),
    "file-outside": (
        "the address {measured} leads out of the delivered folder",
        "地址 {measured} 指向交付文件夹之外",
        "アドレス {measured} が納品フォルダーの外を指しています",
    ),
    "file-remote": (
        "{measured} lies on the network and was not fetched",
        "{measured} 位于网络上，未获取",
        "{measured} はネットワーク上にあり、取得していません",
    ),
    "file-unreadable": (
        "the file {measured} cannot be read",
        "文件 {measured} 无法读取",
        "ファイル {measured} を読み取れません",
    ),
    "uri-broken": (
        "the data in the address cannot be decoded",
        "地址中的内嵌数据无法解码",
        "アドレス内のデータを復号できません",
    ),
    "tileset-ring": (
        "tilesets refer to each other in a ring by {measured}",
        "瓦片集通过 {measured} 循环引用",
        "タイルセットが {measured} により循環参照しています",
    ),
    "archive-broken": (
        "the archive cannot be opened: {measured}",
        "压缩包无法打开：{measured}",
        "アーカイブを開けません：{measured}",
    ),
    "index-missing": (
        "the archive's index {expected} is not its last member ({measured})",
        "压缩包索引 {expected} 不是最后一个成员（{measured}）",
        "アーカイブの索引 {expected} が最後の要素ではありません（{measured}）",
    ),
    "index-wrong": (
        "the archive's index does not fit its members ({measured}, {expected})",
        "压缩包索引与成员不符（{measured}，{expected}）",
        "アーカイブの索引が要素と合いません（{measured}、{expected}）",
    ),
    "content-unknown": (
        "a content is of no known kind ({measured})",
        "瓦片内容类型未知（{measured}）",
        "タイル内容の種類が不明です（{measured}）",
    ),
    "content-legacy": (
        "contents of the kind {measured} were never standardised; its inside was not checked",
        "{measured} 类型的内容从未标准化，未检查其内部",
        "{measured} は標準化されていない形式で、内部は検査していません",
    ),
    # tiles and volumes
    "volume-empty": (
        "the bounding volume has none of {expected}",
        "包围体未给出 {expected} 中的任何一个",
        "バウンディングボリュームに {expected} のいずれもありません",
    ),
    "angle-beyond": (
        "the angle {measured} is beyond the Earth in radians ({expected})",
        "角度 {measured} 超出弧度范围（{expected}）",
        "角度 {measured} がラジアンの範囲外です（{expected}）",
    ),
    "token-wrong": (
        "{measured} is no token of an S2 cell",
        "{measured} 不是有效的 S2 单元标识",
        "{measured} は S2 セルの識別子ではありません",
    ),
    "volume-outside": (
        "the content's volume reaches out of its tile's by {measured}",
        "内容包围体超出瓦片包围体 {measured}",
        "内容のボリュームがタイルのボリュームから {measured} はみ出しています",
    ),
    "transform-unaffine": (
        "the transform is not affine: its last row is not 0 0 0 1",
        "变换矩阵不是仿射的：最后一行不是 0 0 0 1",
        "変換行列がアフィンではありません（最終行が 0 0 0 1 でない）",
    ),
    "transform-skewed": (
        "the transform skews, or flattens: it is no turn and scale",
        "变换含有错切或压平，不能分解为旋转和缩放",
        "変換がせん断または潰れを含み、回転と拡大縮小に分解できません",
    ),
    "content-out-own": (
        "the content reaches out of its own bounding volume by {measured}",
        "内容超出其自身包围体 {measured}",
        "内容が自身のボリュームから {measured} はみ出しています",
    ),
    "content-out-tile": (
        "the content reaches out of its tile's bounding volume by {measured}",
        "内容超出所属瓦片的包围体 {measured}",
        "内容がタイルのボリュームから {measured} はみ出しています",
    ),
    "content-out-above": (
        "the content reaches out of the volume of a tile above it by {measured}",
        "内容超出上级瓦片的包围体 {measured}",
        "内容が上位タイルのボリュームから {measured} はみ出しています",
    ),
    "error-grows": (
        "the geometric error {measured} is greater than that of the tile above ({expected})",
        "几何误差 {measured} 大于上级瓦片（{expected}）",
        "幾何誤差 {measured} が上位タイルより大きい（{expected}）",
    ),
    "error-root": (
        "the root's geometric error {measured} is greater than the tileset's ({expected})",
        "根瓦片的几何误差 {measured} 大于瓦片集（{expected}）",
        "ルートの幾何誤差 {measured} がタイルセットより大きい（{expected}）",
    ),
    # extensions
    "extension-undeclared": (
        "the extension {measured} is used and not declared",
        "使用了扩展 {measured} 但未声明",
        "拡張 {measured} が使われていますが宣言されていません",
    ),
    "extension-required-unused": (
        "the extension {measured} is required and not among those used",
        "扩展 {measured} 列为必需，但未列入 extensionsUsed",
        "拡張 {measured} は必須とされていますが extensionsUsed にありません",
    ),
    "extension-unrequired": (
        "the extension {measured} must be declared as required, too",
        "扩展 {measured} 还应列入 extensionsRequired",
        "拡張 {measured} は extensionsRequired にも必要です",
    ),
    "extension-idle": (
        "the extension {measured} is declared and not used",
        "声明了扩展 {measured} 但未使用",
        "拡張 {measured} は宣言されていますが使われていません",
    ),
    "extension-unknown": (
        "the extension {measured} is not known here and was not checked",
        "扩展 {measured} 未知，未检查",
        "拡張 {measured} は未知のため検査していません",
    ),
    # implicit tilings
    "implicit-member": (
        "a tile with an implicit tiling must not have {measured}",
        "带隐式瓦片划分的瓦片不得包含 {measured}",
        "暗黙タイリングのタイルは {measured} を持てません",
    ),
    "template-unknown": (
        "the template {measured} has variables other than {expected}",
        "模板 {measured} 含有 {expected} 以外的变量",
        "テンプレート {measured} に {expected} 以外の変数があります",
    ),
    "template-short": (
        "the template {measured} does not use all of {expected}",
        "模板 {measured} 未使用全部变量 {expected}",
        "テンプレート {measured} が {expected} をすべて使っていません",
    ),
    "available-number": (
        "it states {measured} available, the bits say {expected}",
        "声明可用 {measured} 个，位流为 {expected} 个",
        "利用可能数は {measured} とありますが、ビット列では {expected} です",
    ),
    "tile-without-parent": (
        "tiles are available below tiles that are not: {measured}",
        "上级不可用的瓦片被标为可用：{measured}",
        "上位が利用不可のタイルが利用可能とされています：{measured}",
    ),
    "content-without-tile": (
        "contents are available of tiles that are not: {measured}",
        "不可用瓦片的内容被标为可用：{measured}",
        "利用不可のタイルの内容が利用可能とされています：{measured}",
    ),
    "root-unavailable": (
        "the subtree's own root tile is not available",
        "子树的根瓦片不可用",
        "サブツリーのルートタイルが利用可能ではありません",
    ),
    "level-beyond": (
        "tiles are available at level {measured}, the tiling has {expected}",
        "第 {measured} 级有可用瓦片，而划分只有 {expected}",
        "階層 {measured} に利用可能なタイルがありますが、タイリングは {expected} です",
    ),
    # not looked at
    "contents-many": (
        "more contents than the rule's parameter lets be opened",
        "内容数量超过规则参数允许打开的数量",
        "規則の引数が許す数より内容が多い",
    ),
    "subtrees-deep": (
        "subtrees of more than 12 levels (octrees: 8) are not followed",
        "子树超过 12 级（八叉树 8 级），未继续",
        "12 階層（八分木では 8 階層）を超えるサブツリーは追いません",
    ),
    "implicit-many": (
        "so many files of an implicit tiling are missing that the others were not looked for",
        "隐式瓦片缺失的文件过多，未继续查找其余文件",
        "暗黙タイルの欠けたファイルが多すぎるため、残りは調べていません",
    ),
    "tilesets-deep": (
        "tilesets lead to one another more than 64 deep; those further down are not followed",
        "瓦片集相互引用超过 64 层，更深处未继续",
        "タイルセットの参照が 64 段を超えました。その先は追いません",
    ),
    "copies-many": (
        "copies of a mesh that cannot be read, or are very many, were not held against the box",
        "网格的实例无法读取或数量过多，未与包围体核对",
        "メッシュの複製が読めないか多すぎるため、ボリュームと照合していません",
    ),
    "positions-packed": (
        "compressed positions were held against the box only by the limits they state",
        "压缩的坐标仅按其声明的范围核对包围体",
        "圧縮された座標は、記された範囲だけでボリュームと照合しました",
    ),
    "texture-packed": (
        "metadata in KTX2 textures are not decoded",
        "KTX2 纹理中的元数据未解码",
        "KTX2 テクスチャ内のメタデータは復号していません",
    ),
    "texture-large": (
        "a texture with metadata is larger than is decoded",
        "含元数据的纹理过大，未解码",
        "メタデータを持つテクスチャが大きすぎるため復号していません",
    ),
    "scene-layer": (
        "it is a scene layer (I3S); only 3D Tiles are checked",
        "这是场景图层（I3S），仅检查 3D Tiles",
        "シーンレイヤー（I3S）です。検査するのは 3D Tiles だけです",
    ),
}
