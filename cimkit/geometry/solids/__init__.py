"""ISO 19107 validity of rings, surfaces, shells and solids, of many bodies at once.

`validate` says what is wrong with a batch of `Bodies`, from the rings upward: what has a fault in
its rings is not judged as a surface, what has one in its surfaces not as a shell, and so on. The
numbers of the faults are those of val3dity (https://val3dity.readthedocs.io), which cities and
their vendors know.
"""

from cimkit.geometry.solids.bodies import Bodies, Kind, bodies_of
from cimkit.geometry.solids.codes import CODES
from cimkit.geometry.solids.composites import overlaps
from cimkit.geometry.solids.faults import Faults, drawn
from cimkit.geometry.solids.features import CODES_OF_SURFACES, body_of_wkb
from cimkit.geometry.solids.metres import metre_scale
from cimkit.geometry.solids.tolerances import Tolerances
from cimkit.geometry.solids.validity import validate

__all__ = [
    "CODES",
    "CODES_OF_SURFACES",
    "Bodies",
    "Faults",
    "Kind",
    "Tolerances",
    "bodies_of",
    "body_of_wkb",
    "drawn",
    "metre_scale",
    "overlaps",
    "validate",
]
