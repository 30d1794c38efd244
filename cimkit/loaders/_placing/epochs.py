"""Whether positions that move with the plates say for which moment they hold."""

from __future__ import annotations

from cimkit.model import Asset, Problem

__all__ = ["without_epoch"]


def without_epoch(asset: Asset) -> tuple[Problem, ...]:
    """Return that a source in a moving frame (ITRF) has no coordinate epoch.

    Parameters
    ----------
    asset : Asset
        With all that the file and the sheet say.
    """
    from cimkit.errors import UsageError
    from cimkit.geometry.crs import parse_crs
    from cimkit.geometry.epoch import moves

    if asset.crs is None or asset.epoch is not None:
        return ()
    try:
        moving = moves(parse_crs(asset.crs))
    except UsageError:  # of which there is a problem already
        return ()
    if not moving:
        return ()
    return (
        Problem(
            "epoch-unknown",
            "Its coordinate system moves with time, and nobody says for which moment its "
            "coordinates hold: some centimetres a year.",
            "info",
            got=asset.crs[:80],
            expected="a coordinate epoch, decimal year",
            hint=f'In the delivery sheet: glob = "{asset.path}", epoch = "2024.5", for example.',
        ),
    )
