"""Vertical datums: read from the names that files and people give them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pyproj import CRS
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from cimkit.errors import UsageError
from cimkit.geometry.crs import crs_name, parse_crs

__all__ = ["HeightKind", "Vertical", "ellipsoidal_crs", "likely_vertical", "read_vertical"]
__all__ += ["vertical_part"]

HeightKind = Literal["ellipsoidal", "orthometric", "local", "unknown"]


@dataclass(frozen=True, slots=True)
class Vertical:
    """What heights are measured from."""

    datum: str
    """``EPSG:n`` of the vertical CRS (of the 3D geographic CRS if they are ellipsoidal), else the
    name as it was given."""
    kind: HeightKind
    """*orthometric*: above a level surface; *local*: above a zero of its own, such as the ground
    floor or the ground; *unknown*: a name that nobody here knows."""
    unit_m: float = 1.0
    """Metres in one unit."""
    down: bool = False
    """Whether its numbers are depths."""
    probable: tuple[str, ...] = ()
    """If the name fits several, or one only probably: ``EPSG:n``, the likeliest first."""


_NOTHING = {"", "none", "null", "nil", "unknown", "undefined", "na", "nan", "notdefined", "unset"}
_NOTHING |= {"未知", "不明", "无", "不详", "なし", "未定義", "未定义"}
_OLD_FORMS = str.maketrans("國準黃吳廢連門橢圓體標髙", "国准黄吴废连门椭圆体标高")
_LOCAL = re.compile(
    r"^(local|relative|site|project|assumed|arbitrary|clamp)|aboveground|^agl$|toground"
    r"|相对高|假定高|独立高|地面以上|局部|任意|±0|比高"
)
_ELLIPSOID = re.compile(r"ellips|椭球|椭圆体|楕円体|大地高|^hae$|^wgs84hae$")
_ELLIPSOIDS = (
    ("wgs84|wgs1984", "EPSG:4979"),
    ("cgcs2000|国家2000|2000国家", "EPSG:4480"),
    ("jgd2011|日本測地系2011", "EPSG:6667"),
    ("jgd2000|日本測地系2000", "EPSG:4947"),
    ("etrs89|etrs1989", "EPSG:4937"),
)
_CERTAIN = (
    (r"^(?=.*85)(?=.*(国家|黄海|高程|基准|yellowsea|national))", "EPSG:5737"),
    (r"^(?=.*56)(?=.*(黄海|高程|基准|yellowsea))", "EPSG:5736"),
    (r"^egm(19)?96(geoid)?$", "EPSG:5773"),
    (r"^egm(20)?08(geoid)?$", "EPSG:3855"),
    (r"^egm(19)?84(geoid)?$", "EPSG:5798"),
    (r"^(a?msl|(above)?meansealevel|平均海水?面)$", "EPSG:5714"),
    (r"^(日本測地系|測地成果|jgd)2011(vertical)?$", "EPSG:6695"),
    (r"^(日本測地系|測地成果|jgd)2000(vertical)?$", "EPSG:6694"),
    (r"^(nap|normaalamsterdamspeil|amsterdamordnancedatum)$", "EPSG:5709"),
    (r"^(de)?(dhhn2016)(nh|nhn)?$", "EPSG:7837"),
    (r"^(de)?(dhhn92)(nh|nhn)?$", "EPSG:5783"),
    (r"^(de)?(dhhn12)(noh|nn)?$", "EPSG:7699"),
    (r"^(de)?(dhhn85)(nh)?$", "EPSG:5784"),
    (r"^(ordnancedatum)?newlyn$|^ordnancedatumnewlyn$|^odn$", "EPSG:5701"),
    (r"^(australian)ahd$|^australianheight$", "EPSG:5711"),
    (r"^(香港主水平基准|hongkongprincipal|hkpd|mpd香港)$", "EPSG:5738"),
    (r"^(twvd2001|台湾高程基准2001)$", "EPSG:8904"),
    (r"^navd(19)?88ftus$", "EPSG:6360"),
    (r"^navd(19)?88(ft|feet|foot)$", "EPSG:8228"),
    (r"^northamericanverticaldatumof1988$", "EPSG:5703"),
    (r"^ngvd(19)?29ftus$", "EPSG:5702"),
    (r"^ngvd(19)?29m$", "EPSG:7968"),
    (r"^(ngf)?ign69$", "EPSG:5720"),
    (r"^(taw|tweedealgemenewaterpassing)$", "EPSG:5710"),
    (r"^plevrf2007(nh)?$", "EPSG:9651"),
)
_PROBABLE = (
    (r"^(黄海|国家)", ("EPSG:5737", "EPSG:5736")),
    (r"^yellowsea$", ("EPSG:5737", "EPSG:5736")),
    (r"^(tp|東京湾.*|tokyobay.*|tokyopeil)$", ("EPSG:6695", "EPSG:6694")),
    (r"^(nhn|nhh|normalhohennull|normalnull|nn)$", ("EPSG:7837", "EPSG:5783")),
    (r"^ngvd(19)?29$", ("EPSG:5702", "EPSG:7968")),
    (r"^wgs(19)?84$", ("EPSG:4979", "EPSG:5773")),
    (r"^cgcs2000$|^国家2000$", ("EPSG:5737", "EPSG:4480")),
    (r"^egm$|^geoid$", ("EPSG:3855", "EPSG:5773")),
)
# Level surfaces of a river or a harbour that have names and no EPSG number.
_NAMED = re.compile(
    r"吴淞|wusong|广州高程|珠江|珠基|pearlriver|大沽|废黄河|大连|坎门|罗星塔|渤海|海拔|標高|标高"
    r"|^(ap|op|yp|kp|np|sp)$|荒川|大阪湾|geoid|quasigeoid|大地水准面|ジオイド"
)
_LIKELY = (
    (r"CGCS2000|China Geodetic|Xian 1980|New Beijing|Beijing 1954", "EPSG:5737"),
    (r"JGD2011", "EPSG:6695"),
    (r"JGD2000", "EPSG:6694"),
    (r"^Tokyo", "EPSG:5723"),
    (r"^Amersfoort", "EPSG:5709"),
    (r"^(ETRS89|DHDN).*(zone 3[1-3]N|Gauss|3-degree)", "EPSG:7837"),
    (r"^Hong Kong 1980", "EPSG:5738"),
    (r"^TWD97", "EPSG:8904"),
    (r"^OSGB", "EPSG:5701"),
    (r"^(GDA94|GDA2020)", "EPSG:5711"),
    (r"^(RGF93)", "EPSG:5720"),
    (r"^CH1903", "EPSG:5728"),
    (r"^NZGD2000", "EPSG:7839"),
    (r"^SVY21", "EPSG:6916"),
)


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("ß", "ss").lower().translate(_OLD_FORMS)
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", re.sub(r"[^\w±]|_", "", plain))
    return re.sub(r"(?<=\w)(heights?|hoogte|hohe|verticalcrs|verticaldatum|datum)$", "", plain)


@lru_cache(maxsize=1)
def _registered() -> dict[str, str]:
    """Return ``EPSG:n`` of each vertical CRS that EPSG has, by its bare name."""
    found: dict[str, str] = {}
    for info in query_crs_info("EPSG", PJType.VERTICAL_CRS):
        found.setdefault(_bare(info.name), f"EPSG:{info.code}")
    return found


@lru_cache(maxsize=1024)
def read_vertical(text: str, crs: CRS | None = None) -> Vertical | None:
    """Return the vertical datum that a text names, or None if it names none.

    Parameters
    ----------
    text : str
        ``EPSG:n`` of a vertical, compound or 3D geographic CRS, a URN, WKT, or a name in Chinese,
        Japanese or English.
    crs : CRS, optional
        The horizontal CRS beside it, which decides between realisations of one datum and says
        which ellipsoid is meant.

    Examples
    --------
    >>> read_vertical("1985国家高程基准").datum, read_vertical("黄海高程").probable
    ('EPSG:5737', ('EPSG:5737', 'EPSG:5736'))
    >>> read_vertical("椭球高", parse_crs("EPSG:4544")).datum
    'EPSG:4480'
    """
    bare = _bare(text)
    if bare in _NOTHING:
        return None
    named = _by_name(text.strip(), bare, crs)
    if named is not None:
        return named
    try:
        return vertical_part(parse_crs(text))
    except UsageError:
        return Vertical(text.strip(), "unknown")


def _by_name(text: str, bare: str, crs: CRS | None) -> Vertical | None:
    if _ELLIPSOID.search(bare):
        code = next((c for names, c in _ELLIPSOIDS if re.search(names, bare)), None)
        own = code or (ellipsoidal_crs(crs) if crs is not None else None)
        return Vertical(own or text, "ellipsoidal")
    code = _certain(bare)
    probable: tuple[str, ...] = next((c for names, c in _PROBABLE if re.search(names, bare)), ())
    if code is None and probable:
        code = next((c for c in probable if crs is not None and c == likely_vertical(crs)), None)
        if re.match(r"黄海|yellowsea|国家|cgcs|wgs|nn$", bare):
            code = None  # the plane beside it says nothing about which of them it is
    if code == "EPSG:5703" and crs is not None and abs(_unit(crs) - 1) > 1e-9:
        code, probable = None, ("EPSG:6360", "EPSG:8228", "EPSG:5703")  # its plane is in feet
    if code is not None:
        return vertical_part(CRS.from_user_input(code))
    if probable:
        known = bool(re.match(r"wgs|cgcs|国家2000", bare))  # the ellipsoid's or a geoid's
        return Vertical(text, "unknown" if known else "orthometric", probable=probable)
    if _LOCAL.search(bare):
        return Vertical(text, "local")
    return Vertical(text, "orthometric") if _NAMED.search(bare) else None


def _certain(bare: str) -> str | None:
    return next((c for names, c in _CERTAIN if re.search(names, bare)), _registered().get(bare))


def _unit(crs: CRS) -> float:
    axes = crs.axis_info
    return float(axes[0].unit_conversion_factor) if axes and not crs.is_geographic else 1.0


def vertical_part(crs: CRS) -> Vertical | None:
    """Return what a CRS says of heights: of a compound one, a 3D one, a vertical one.

    Examples
    --------
    >>> vertical_part(parse_crs("EPSG:6697")).datum, vertical_part(parse_crs("EPSG:4326"))
    ('EPSG:6695', None)
    """
    if crs.is_bound and crs.source_crs is not None:
        return vertical_part(crs.source_crs)
    if crs.is_compound:
        parts = [vertical_part(part) for part in crs.sub_crs_list]
        return next((part for part in parts if part is not None), None)
    axes = crs.axis_info
    if crs.is_vertical:
        number = crs_name(crs)
        datum = number if number.startswith("EPSG:") else _certain(_bare(crs.name)) or str(crs.name)
        unit = float(axes[0].unit_conversion_factor) if axes else 1.0
        down = bool(axes) and axes[0].direction.lower() == "down"
        ellipsoidal = "ellips" in datum.lower()
        return Vertical(datum, "ellipsoidal" if ellipsoidal else "orthometric", unit, down)
    if crs.is_geocentric or len(axes) > 2:
        unit = float(axes[2].unit_conversion_factor) if len(axes) > 2 else 1.0
        own = crs_name(crs) if crs.is_geocentric else ellipsoidal_crs(crs)
        return Vertical(own or f"ellipsoidal ({crs.name})", "ellipsoidal", unit)
    return None


@lru_cache(maxsize=512)
def ellipsoidal_crs(crs: CRS) -> str | None:
    """Return ``EPSG:n`` of the 3D geographic CRS of the same datum, if EPSG has it.

    Examples
    --------
    >>> ellipsoidal_crs(parse_crs("EPSG:4544")), ellipsoidal_crs(parse_crs("EPSG:32648"))
    ('EPSG:4480', 'EPSG:4979')
    """
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return None
    if geodetic.datum is not None and geodetic.datum.name.startswith("World Geodetic System 1984"):
        return "EPSG:4979"  # whatever the order of its axes
    found = geodetic.to_3d().to_authority(auth_name="EPSG", min_confidence=90)
    return ":".join(found) if found else None


@lru_cache(maxsize=512)
def likely_vertical(crs: CRS) -> str | None:
    """Return the vertical CRS that goes with a horizontal one, for a person to confirm.

    Examples
    --------
    >>> likely_vertical(parse_crs("EPSG:4544")), likely_vertical(parse_crs("EPSG:4326"))
    ('EPSG:5737', None)
    """
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    return next((code for names, code in _LIKELY if re.search(names, flat.name)), None)
