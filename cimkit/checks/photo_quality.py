"""Photographs are sharp and well exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cimkit.checks._drives import drives
from cimkit.checks._findings import conclude
from cimkit.checks._measured import UNMEASURED, phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_quality",
    title="Photographs are sharp and exposed",
    counts="photographs",
    kinds=("imagery",),
    parameters={
        "sharpness": 2.0,
        "relative": 0.05,
        "least": 10,
        "dark": 90.0,
        "bright": 60.0,
        "mean_minimum": 0.04,
        "mean_maximum": 0.96,
    },
    words={
        **UNMEASURED,
        "photo-blurred": phrase(
            "it is blurred (variance of the Laplacian)",
            "影像模糊（拉普拉斯方差）",
            "ぼけています（ラプラシアンの分散）",
        ),
        "photo-blurred-beside": phrase(
            "it is blurred beside the others of its drive (variance of the Laplacian)",
            "与同一序列的其他照片相比明显模糊（拉普拉斯方差）",
            "同じ走行の他の写真に比べてぼけています（ラプラシアンの分散）",
        ),
        "photo-none": phrase(
            "pictures of no camera, time or place: masks, drawings",
            "未注明相机、时间和位置的图片（掩膜、图形等）",
            "カメラ・時刻・位置のない画像（マスク、図など）",
        ),
        "photo-dark": phrase("it is all but black", "影像几乎全黑", "ほぼ真っ黒です"),
        "photo-bright": phrase("it is all but white", "影像几乎全白", "ほぼ真っ白です"),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs that are blurred, under- or overexposed.

    How sharp a picture can be depends on what it shows: beside a least value each is held against
    the median of its drive. A picture that says neither camera nor time nor place is no photograph
    to be judged: a mask is white and black by intent.

    Parameters of the rule: ``sharpness`` (least variance of the Laplacian at 640 pixels, grey
    levels squared), ``relative`` (least share of the median of its drive, where that has ``least``
    photographs), ``dark`` and ``bright`` (greatest share of clipped pixels, per cent),
    ``mean_minimum`` and ``mean_maximum`` (mean grey level, 0 to 1).
    """
    said = parameters(SPEC, rule)
    drives(context, rule, SPEC)
    context.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE graded AS
        WITH told AS (
            SELECT item_id, max(value) FILTER (name = 'laplacian_variance') AS sharp,
                   max(value) FILTER (name = 'exposure_mean') AS mean,
                   100 * max(value) FILTER (name = 'exposure_dark_share') AS dark,
                   100 * max(value) FILTER (name = 'exposure_bright_share') AS bright
            FROM measures WHERE item_id IN (SELECT item_id FROM shots) GROUP BY item_id)
        SELECT s.*, t.* EXCLUDE (item_id), count(sharp) OVER d AS many,
               {float(said["relative"])} * median(sharp) OVER d AS usual
        FROM shots s LEFT JOIN told t USING (item_id)
        WHERE s.camera IS NOT NULL OR s.x IS NOT NULL OR s.t IS NOT NULL
        WINDOW d AS (PARTITION BY drive)"""
    )
    bad = context.table(
        f"""SELECT path, object_id, x, y, z, reason, CASE
                 WHEN reason LIKE 'photo-blurred%' THEN format('{{:.1f}}', sharp)
                 WHEN reason = 'photo-dark' THEN format('{{:.0f}} % < 5, x̄ {{:.2f}}', dark, mean)
                 ELSE format('{{:.0f}} % > 250, x̄ {{:.2f}}', bright, mean) END AS measured,
               CASE reason WHEN 'photo-blurred' THEN '≥ {said["sharpness"]:g}'
                 WHEN 'photo-blurred-beside' THEN '≥ ' || format('{{:.1f}}', usual)
                 WHEN 'photo-dark' THEN '≤ {said["dark"]:g} %, x̄ ≥ {said["mean_minimum"]:g}'
                 ELSE '≤ {said["bright"]:g} %, x̄ ≤ {said["mean_maximum"]:g}' END AS expected
            FROM (SELECT *, CASE
                WHEN dark > {float(said["dark"])} OR mean < {float(said["mean_minimum"])}
                    THEN 'photo-dark'
                WHEN bright > {float(said["bright"])} OR mean > {float(said["mean_maximum"])}
                    THEN 'photo-bright'
                WHEN sharp < {float(said["sharpness"])} THEN 'photo-blurred'
                WHEN many >= {int(said["least"])} AND sharp < usual THEN 'photo-blurred-beside'
                END AS reason FROM graded)
            WHERE reason IS NOT NULL ORDER BY path"""
    )
    blind = context.table(
        "SELECT path, 'unmeasured' AS reason, 1 AS count FROM graded WHERE mean IS NULL"
    ).to_pylist()
    judged = context.count("SELECT count(*) FROM graded WHERE mean IS NOT NULL")
    rest = context.count("SELECT count(*) FROM shots") - judged - len(blind)
    aside = [{"reason": "photo-none", "count": rest}] if rest else []
    return conclude(context, rule, bad, judged, unchecked=blind, aside=aside)
