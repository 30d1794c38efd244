"""Photographs resolve what they were taken for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cimkit.checks._drives import drives
from cimkit.checks._findings import conclude
from cimkit.checks._measured import phrase
from cimkit.checks._spec import CheckContext, CheckSpec, parameters

if TYPE_CHECKING:
    import pyarrow as pa

    from cimkit.standard import Rule

__all__ = ["SPEC", "run"]

SPEC = CheckSpec(
    name="photo_resolution",
    title="Photographs are large enough",
    counts="photographs",
    kinds=("imagery",),
    parameters={"megapixels": 0.05, "gsd": math.inf, "panorama": 0.0, "ratio": 0.02},
    words={
        "photo-small": phrase("its size", "影像尺寸", "画像の大きさ"),
        "photo-gsd": phrase(
            "the ground that one pixel covers", "地面采样距离（GSD）", "地上画素寸法"
        ),
        "panorama-small": phrase(
            "its width, as a panorama", "全景影像的宽度", "全天球画像としての幅"
        ),
        "panorama-ratio": phrase(
            "its sides, as a full panorama", "全景影像的宽高比", "全天球画像としての縦横比"
        ),
    },
)


def run(context: CheckContext, rule: Rule) -> pa.Table:
    """Find photographs with too few pixels, too coarse on the ground, or panoramas cut short.

    The ground sampling distance is that of a camera which looks down from a known height, across
    the image: twice the height times the tangent of half the field of view, over the width.

    Parameters of the rule: ``megapixels`` (least), ``gsd`` (metres on the ground of one pixel,
    greatest), ``panorama`` (pixels, least width of a panorama), ``ratio`` (how far the sides of a
    full panorama may be from 2 : 1; of one that says what it was cut from nothing is asked). The
    tolerance is in metres, of ``gsd``.
    """
    said = parameters(SPEC, rule)
    drives(context, rule, SPEC)
    gsd = float(said["gsd"]) + (rule.tolerance or 0.0)
    coarse = f"gsd > {gsd}" if math.isfinite(gsd) else "FALSE"
    bad = context.table(
        f"""SELECT path, object_id, x, y, z, reason, CASE reason
                     WHEN 'photo-gsd' THEN format('{{:.3f}} m', gsd)
                     WHEN 'panorama-small' THEN format('{{:.0f}} px', width)
                     ELSE format('{{:.0f}} × {{:.0f}} px', width, height) END AS measured,
                   CASE reason WHEN 'photo-gsd' THEN '≤ {said["gsd"]:g} m'
                     WHEN 'panorama-small' THEN '≥ {said["panorama"]:g} px'
                     WHEN 'panorama-ratio' THEN '2 : 1'
                     ELSE '≥ {said["megapixels"]:g} megapixels' END AS expected
            FROM (SELECT *, CASE
                    WHEN width * height < {float(said["megapixels"])} * 1e6 THEN 'photo-small'
                    WHEN {coarse} THEN 'photo-gsd'
                    WHEN panorama AND width < {float(said["panorama"])} THEN 'panorama-small'
                    WHEN panorama AND NOT cropped
                         AND abs(width / height - 2) > {float(said["ratio"])}
                         THEN 'panorama-ratio' END AS reason
                  FROM (SELECT *, 2 * above * tan(radians(fov / 2)) / width AS gsd FROM shots))
            WHERE reason IS NOT NULL ORDER BY path"""
    )
    return conclude(context, rule, bad, context.count("SELECT count(*) FROM shots"))
