"""Arrow schemas of everything that flows in bulk.

``STAGED`` is what a loader writes: facts of one source, nothing of the catalogue. ``LAKE`` is what
the coordinator makes of it: the tables of the catalogue. Geometry is WKB; the column ``geometry``
is always two-dimensional in CRS84 (longitude, latitude), lengths are metres, areas square metres,
heights metres in the source's own vertical datum, times UTC.
"""

from __future__ import annotations

import pyarrow as pa

__all__ = ["BBOX", "LAKE", "STAGED", "empty"]

_text = pa.string()
_real = pa.float64()
_time = pa.timestamp("us", tz="UTC")
_whole = pa.int64()

BBOX = pa.struct([(name, _real) for name in ("xmin", "ymin", "xmax", "ymax")])
"""Box in CRS84 degrees; NULL where the place is unknown."""

_FACTS = [
    ("geometry", pa.binary()),
    ("bbox", BBOX),
    ("z_min", _real),
    ("z_max", _real),
    ("height", _real),
    ("area_m2", _real),
    ("length_m", _real),
    ("position_origin", _text),  # file, sheet, map-conversion, epset, exif, xmp, trajectory, none
    ("lifecycle", _text),  # planned, built, demolished; NULL: not said
    ("observed", _time),
    ("valid_from", _time),  # in the world, as the source says; not in the catalogue
    ("valid_to", _time),
    ("properties", _text),  # JSON object
    ("content_hash", _text),  # 16 hex digits of the geometry, 16 of the attributes
    ("place", _text),  # where in the source: "row 12", "#2315"
]

_GEOMETRY = [
    ("lod", _text),
    ("geometry_type", _text),
    ("crs", _text),
    ("wkb", pa.binary()),  # Z, M and curves as the source has them
    ("vertices", pa.list_(_real)),  # x, y, z, x, y, z ... of `boundaries`, where WKB cannot say it
    ("boundaries", _text),  # JSON, nested as in CityJSON, indices into `vertices`
    ("semantics", _text),  # JSON, as in CityJSON
    ("appearance", _text),  # JSON, as in CityJSON
]

_PLACEMENT = [
    ("shape_id", _text),
    ("matrix", pa.list_(_real, 16)),  # column-major; shape to the item's CRS (metres), or local
    ("lod", _text),
    ("color", pa.list_(pa.float32(), 4)),  # RGBA, 0 to 1, linear
]

_MEASURE = [("name", _text), ("cell", _text), ("value", _real), ("unit", _text)]

STAGED: dict[str, pa.Schema] = {
    "objects": pa.schema(
        [
            ("source_layer", _text),
            ("source_key", _text),  # unique within source and layer
            ("key_origin", _text),  # globalid, field, id, hash, sha256
            ("source_class", _text),
            ("kind", _text),
            ("parent_key", _text),  # source_key in the same source
            ("name", _text),
            *_FACTS,
        ]
    ),
    "geometries": pa.schema([("source_layer", _text), ("source_key", _text), *_GEOMETRY]),
    "placements": pa.schema([("source_layer", _text), ("source_key", _text), *_PLACEMENT]),
    # Positions are metres about the shape's own centre, so that float32 keeps them below 1 mm.
    "shapes": pa.schema(
        [
            ("shape_id", _text),
            ("positions", pa.list_(pa.float32())),  # x, y, z, ...
            ("indices", pa.list_(pa.uint32())),  # three a triangle, counter-clockwise from outside
        ]
    ),
    # What objects have to do with each other, beside the one parent each may have.
    "relations": pa.schema(
        [
            ("source_layer", _text),
            ("source_key", _text),
            ("relation", _text),  # IfcRelVoidsElement, IfcRelAssignsToGroup, boundedBy, xlink ...
            ("other_layer", _text),
            ("other_key", _text),  # source_key in the same source, or whatever the source names
        ]
    ),
    "measures": pa.schema([("source_layer", _text), *_MEASURE]),
}

LAKE: dict[str, pa.Schema] = {
    "deliveries": pa.schema(
        [
            ("delivery_id", _text),
            ("name", _text),
            ("author", _text),
            ("message", _text),
            ("received", _time),
            ("supersedes", _text),
            ("status", _text),  # submitted, accepted, rejected
            ("standard", _text),  # id@edition
            ("standard_hash", _text),
            ("tool", _text),
            ("sheet", _text),  # the sheet obeyed, JSON
            ("context_hash", _text),
            ("verdict", _text),
        ]
    ),
    "datasets": pa.schema(
        [
            ("dataset_id", _text),
            ("name", _text),
            ("owner", _text),
            ("producer", _text),
            ("project", _text),
            ("contract", _text),
            ("licence", _text),
            ("access", _text),
            ("survey_method", _text),
            ("source_scale", _text),
            ("horizontal_accuracy_m", _real),
            ("vertical_accuracy_m", _real),
            ("accuracy_origin", _text),  # declared, measured
            ("standard", _text),
            ("recognised_by", _text),  # sheet, sha256, source keys, new
        ]
    ),
    "items": pa.schema(
        [
            ("item_id", _text),
            ("dataset_id", _text),
            ("delivery_id", _text),
            ("path", _text),
            ("root", _text),
            ("members", pa.list_(_text)),
            ("status", _text),
            ("kind", _text),
            ("format", _text),
            ("media_type", _text),
            ("size", _whole),
            ("sha256", _text),
            ("loader", _text),
            ("staging", _text),  # key of the staged facts: content, loader version, declaration
            ("title", _text),
            ("class_code", _text),
            ("asset_code", _text),  # of the thing that the source shows, as the sheet says
            ("level", _text),
            ("geometry", pa.binary()),
            ("bbox", BBOX),
            ("z_min", _real),
            ("z_max", _real),
            ("crs", _text),
            ("crs_origin", _text),
            ("vertical_datum", _text),
            ("epoch", _text),
            ("encoding", _text),
            ("encoding_origin", _text),
            ("observed_start", _time),
            ("observed_end", _time),
            ("sequence", _text),
            ("access", _text),
            ("counts", _text),  # JSON
            ("properties", _text),  # JSON
            ("problems", _text),  # JSON
        ]
    ),
    "objects": pa.schema(
        [
            ("object_id", _text),
            ("dataset_id", _text),
            ("item_id", _text),
            ("delivery_id", _text),
            ("kind", _text),
            ("source_layer", _text),
            ("source_key", _text),
            ("source_class", _text),
            ("parent_id", _text),
            ("class_code", _text),
            ("asset_code", _text),
            ("level", _text),
            ("name", _text),
            ("district", _text),
            ("access", _text),
            *_FACTS,
        ]
    ),
    "geometries": pa.schema([("object_id", _text), ("item_id", _text), *_GEOMETRY]),
    "placements": pa.schema([("object_id", _text), ("item_id", _text), *_PLACEMENT]),
    "relations": pa.schema(
        [
            ("object_id", _text),
            ("item_id", _text),
            ("relation", _text),
            ("other_id", _text),  # NULL if what the source names is no object of it
            ("other_key", _text),
        ]
    ),
    "classifications": pa.schema(
        [
            ("object_id", _text),
            ("scheme", _text),
            ("edition", _text),
            ("class_code", _text),
            ("rule", _text),
            ("confidence", _real),
            ("decided_by", _text),  # rule, source, person
        ]
    ),
    # What people decided; it outranks rules, also of objects that are delivered again.
    "decisions": pa.schema(
        [
            ("object_id", _text),
            ("scheme", _text),
            ("class_code", _text),  # NULL: no class is due
            ("level", _text),  # NULL: as rules say
            ("author", _text),
            ("decided", _time),
            ("reason", _text),
        ]
    ),
    "codes": pa.schema(
        [
            ("scope", _text),
            ("class_code", _text),
            ("sequence", _whole),
            ("asset_code", _text),
            ("object_id", _text),
            ("origin", _text),  # allocated, delivered
        ]
    ),
    "measures": pa.schema([("item_id", _text), ("source_layer", _text), *_MEASURE]),
    # The more detailed object, and the one that stands for the thing: a GIS outline, else a city
    # model, else a BIM. One row an object; who stands for a thing has none.
    "same_as": pa.schema(
        [
            ("object_id", _text),
            ("other_id", _text),
            ("by", _text),  # code, footprint
            ("confidence", _real),  # 1 by code, else the intersection over the union
        ]
    ),
    # What is not joined, since it may mean either of two.
    "same_as_doubts": pa.schema(
        [
            ("object_id", _text),
            ("other_id", _text),
            ("rival_id", _text),  # what else it may be, or what claims the same; NULL: none
            ("reason", _text),  # several, claimed, code-place, code-kind
            ("overlap", _real),  # intersection over union with the other, 0 to 1
            ("rival_overlap", _real),
        ]
    ),
    "lineage": pa.schema([("from_id", _text), ("to_id", _text), ("relation", _text)]),
    "findings": pa.schema(
        [
            ("delivery_id", _text),
            ("rule", _text),
            ("fingerprint", _text),  # of a failure: the same in the next delivery
            ("status", _text),
            ("severity", _text),
            ("waived", _text),  # id of the waiver that sets a failure aside, else ""
            ("compared", _text),  # with the last delivery: new, open; "" where nobody compared
            ("reason", _text),  # which of the rule's mistakes: a word of its check, else ""
            ("mistake", _text),  # what copies of one mistake share; "" for what stands alone
            ("path", _text),
            ("layer", _text),
            ("place", _text),
            ("object_id", _text),
            ("object_class", _text),  # of the object: its class code, else its class in the source
            ("x", _real),  # CRS84 degrees
            ("y", _real),
            ("z", _real),  # metres, as the source counts heights
            ("geometry", pa.binary()),  # WKB, CRS84 and heights: the ring, shell or point at fault
            ("measured", _text),
            ("expected", _text),
            ("tolerance", _text),
            ("message", _text),  # in the language of the check
            ("hint", _text),
            ("details", _text),  # JSON: what else the message and hint are filled in with
            ("mender", _text),
            ("clause", _text),
            ("element", _text),
            ("count", _whole),
        ]
    ),
    # The standard in force: one row, none if there is no standard.
    "standards": pa.schema(
        [
            ("standard", _text),  # id@edition
            ("scheme", _text),  # its primary scheme
            ("hash", _text),
            ("adopted", _time),  # when all objects were classed by it; NULL: each as it came
        ]
    ),
    "classes": pa.schema(
        [
            ("standard", _text),
            ("scheme", _text),
            ("code", _text),
            ("parent", _text),
            ("name_zh", _text),
            ("name_ja", _text),
            ("name_en", _text),
            ("definition", _text),
            ("leaf", pa.bool_()),
            ("level", _text),
            ("code_origin", _text),
            ("verified", pa.bool_()),
            ("source", _text),
        ]
    ),
    "attributes": pa.schema(
        [
            ("standard", _text),
            ("class_code", _text),
            ("name", _text),
            ("type", _text),
            ("unit", _text),
            ("domain", _text),
            ("obligation", _text),
            ("access", _text),
        ]
    ),
    "crosswalk": pa.schema(
        [
            ("from_scheme", _text),
            ("from_code", _text),
            ("to_scheme", _text),
            ("to_code", _text),
            ("relation", _text),  # exact, close, broad (the other is wider), narrow, related
            ("source", _text),  # who says so: package, file and row
            ("via", _text),  # declared, lineage, replaces, mapping, parent <code> ...
            ("confidence", _real),  # 0 to 1
            ("standard", _text),  # id@edition that says so; of a saved crosswalk "a@1 > b@2"
        ]
    ),
}


def empty(name: str, tables: dict[str, pa.Schema] = STAGED) -> pa.Table:
    """Return an Arrow table without rows that has the schema of one table.

    Examples
    --------
    >>> empty("measures").column_names
    ['source_layer', 'name', 'cell', 'value', 'unit']
    """
    return tables[name].empty_table()
