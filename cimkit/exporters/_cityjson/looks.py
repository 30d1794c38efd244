"""Materials and textures of many geometries in one list each."""

from __future__ import annotations

from typing import Any

import orjson

__all__ = ["Looks"]

_SHARES = ("ambientIntensity", "shininess", "transparency")
_COLOURS = ("diffuseColor", "emissiveColor", "specularColor")
_IMAGES = {"JPEG": "JPG", "JPG": "JPG", "PNG": "PNG"}
_WRAPS = {"none", "wrap", "mirror", "clamp", "border"}
_KINDS = {"unknown", "specific", "typical"}


class Looks:
    """The appearance of a document or a feature.

    Parameters
    ----------
    images : dict
        Takes, for each (item, image as the source names it), the name that it gets.
    folder : str
        Of the images, relative to the document.
    """

    def __init__(self, images: dict[tuple[str, str], str], folder: str) -> None:
        self._images, self._folder = images, folder
        self.materials: list[Any] = []
        self.textures: list[Any] = []
        self.places: list[list[float]] = []
        self._material_at: dict[bytes, int] = {}
        self._texture_at: dict[bytes, int] = {}
        self._place_at: dict[tuple[float, ...], int] = {}

    def take(self, said: dict[str, Any], item: str) -> dict[str, Any]:
        """Return ``material`` and ``texture`` of a geometry with the numbers that hold here.

        Parameters
        ----------
        said : dict
            Column ``appearance`` of a geometry.
        item : str
            The item it is of: images of two items may have one name.
        """
        materials = [self.material(m) for m in said.get("materials") or ()]
        textures = [self._texture(t, item) for t in said.get("textures") or ()]
        places = [self._place(p) for p in said.get("vertices-texture") or ()]
        made: dict[str, Any] = {}
        for theme, given in (said.get("material") or {}).items():
            name = "values" if "values" in given else "value"
            made.setdefault("material", {})[theme] = {name: _mapped(given.get(name), materials)}
        for theme, given in (said.get("texture") or {}).items():
            values = _rings(given.get("values"), textures, places)
            made.setdefault("texture", {})[theme] = {"values": values}
        return made

    def material(self, given: dict[str, Any]) -> int:
        """Return the number of a material."""
        own = {k: v for k, v in given.items() if k not in (*_SHARES, *_COLOURS)}
        own["name"] = str(given.get("name") or f"material-{len(self.materials)}")
        for name in _SHARES:
            if isinstance(given.get(name), (int, float)):
                own[name] = min(max(given[name], 0), 1)
        for name in _COLOURS:
            colour = given.get(name)
            if isinstance(colour, list) and len(colour) == 3:
                own[name] = [min(max(v, 0), 1) for v in colour]
        return _number(own, self.materials, self._material_at)

    def _texture(self, given: dict[str, Any], item: str) -> int:
        own = dict(given)
        image = str(given.get("image") or "")
        ending = image.rpartition(".")[2].upper()
        own["type"] = _IMAGES.get(str(given.get("type") or ending).upper(), "PNG")
        own["image"] = self._image(item, image)
        if own.get("wrapMode") not in _WRAPS:
            own.pop("wrapMode", None)
        if own.get("textureType") not in _KINDS:
            own.pop("textureType", None)
        return _number(own, self.textures, self._texture_at)

    def _image(self, item: str, image: str) -> str:
        from cimkit.loaders._city.beside import is_elsewhere

        if not image or is_elsewhere(image):
            return image
        known = self._images.get((item, image))
        if known is None:
            plain = image.replace("\\", "/").rpartition("/")[2]
            taken = set(self._images.values())
            known = f"{self._folder}/{plain}"
            stem, dot, ending = plain.rpartition(".")
            count = 1
            while known in taken:
                count += 1
                known = f"{self._folder}/{stem or plain}-{count}{dot}{ending if stem else ''}"
            self._images[item, image] = known
        return known

    def _place(self, given: list[float]) -> int:
        number = self._place_at.setdefault(tuple(given), len(self.places))
        if number == len(self.places):
            self.places.append(given)
        return number

    def to_json(self) -> dict[str, Any]:
        """Return the member ``appearance``, empty if nothing has one."""
        held = {
            "materials": self.materials,
            "textures": self.textures,
            "vertices-texture": self.places,
        }
        return {name: value for name, value in held.items() if value}


def _number(given: dict[str, Any], held: list[Any], known: dict[bytes, int]) -> int:
    key = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    number = known.setdefault(key, len(held))
    if number == len(held):
        held.append(given)
    return number


def _mapped(nested: Any, numbers: list[int]) -> Any:
    if isinstance(nested, list):
        return [_mapped(part, numbers) for part in nested]
    return None if nested is None else numbers[nested]


def _rings(nested: Any, textures: list[int], places: list[int]) -> Any:
    if not isinstance(nested, list):
        return nested
    if any(isinstance(part, list) for part in nested):
        return [_rings(part, textures, places) for part in nested]
    if not nested or nested[0] is None:
        return [None]
    return [textures[nested[0]], *(places[n] if n is not None else 0 for n in nested[1:])]
