"""Which members the objects of a glTF 2.0 document have (ISO/IEC 12113, chapter 5)."""

from __future__ import annotations

from cimkit.checks._tiles3d.shapes import (
    ANY,
    TEXT,
    TRUTH,
    Kind,
    array,
    dictionary,
    integer,
    number,
    record,
)

__all__ = ["COMPONENT_BYTES", "DOCUMENT", "PARTS"]

COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
PARTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}

_ID = integer(0)
_IDS = array(_ID, 1, unique=True)
_UNIT = number(0, 1)
_COMPONENT = Kind("integer", choices=tuple(COMPONENT_BYTES))
_NAMES = array(TEXT, 1, unique=True)

_SPARSE = record(
    count_=integer(1),
    indices_=record(
        bufferView_=_ID,
        byteOffset=_ID,
        componentType_=Kind("integer", choices=(5121, 5123, 5125)),
    ),
    values_=record(bufferView_=_ID, byteOffset=_ID),
)
_ACCESSOR = record(
    bufferView=_ID,
    byteOffset=_ID,
    componentType_=_COMPONENT,
    normalized=TRUTH,
    count_=integer(1),
    type_=Kind("string", choices=tuple(PARTS)),
    max=array(number(), 1, 16),
    min=array(number(), 1, 16),
    sparse=_SPARSE,
    name=TEXT,
)
_TEXTURE_INFO = record(index_=_ID, texCoord=_ID)
_MATERIAL = record(
    name=TEXT,
    pbrMetallicRoughness=record(
        baseColorFactor=array(_UNIT, 4, 4),
        baseColorTexture=_TEXTURE_INFO,
        metallicFactor=_UNIT,
        roughnessFactor=_UNIT,
        metallicRoughnessTexture=_TEXTURE_INFO,
    ),
    normalTexture=record(index_=_ID, texCoord=_ID, scale=number()),
    occlusionTexture=record(index_=_ID, texCoord=_ID, strength=_UNIT),
    emissiveTexture=_TEXTURE_INFO,
    emissiveFactor=array(_UNIT, 3, 3),
    alphaMode=TEXT,
    alphaCutoff=number(0),
    doubleSided=TRUTH,
)
_PRIMITIVE = record(
    attributes_=dictionary(_ID, 1),
    indices=_ID,
    material=_ID,
    mode=integer(0, 6),
    targets=array(dictionary(_ID, 1), 1),
)
_MESH = record(name=TEXT, primitives_=array(_PRIMITIVE, 1), weights=array(number(), 1))
_NODE = record(
    name=TEXT,
    camera=_ID,
    children=_IDS,
    skin=_ID,
    matrix=array(number(), 16, 16),
    mesh=_ID,
    rotation=array(number(-1, 1), 4, 4),
    scale=array(number(), 3, 3),
    translation=array(number(), 3, 3),
    weights=array(number(), 1),
)
_CHANNEL = record(
    sampler_=_ID,
    target_=record(node=_ID, path_=TEXT),
)
_ANIMATION = record(
    name=TEXT,
    channels_=array(_CHANNEL, 1),
    samplers_=array(record(input_=_ID, output_=_ID, interpolation=TEXT), 1),
)
_CAMERA = record(
    name=TEXT,
    type_=Kind("string", choices=("perspective", "orthographic")),
    perspective=record(
        aspectRatio=number(above=0),
        yfov_=number(above=0),
        zfar=number(above=0),
        znear_=number(above=0),
    ),
    orthographic=record(xmag_=number(), ymag_=number(), zfar_=number(above=0), znear_=number(0)),
)
_WRAP = Kind("integer", choices=(33071, 33648, 10497), open_list=True)
_SAMPLER = record(
    name=TEXT,
    magFilter=Kind("integer", choices=(9728, 9729), open_list=True),
    minFilter=Kind("integer", choices=(9728, 9729, 9984, 9985, 9986, 9987), open_list=True),
    wrapS=_WRAP,
    wrapT=_WRAP,
)
DOCUMENT = record(
    asset_=record(
        version_=Kind("string", pattern=r"^[0-9]+\.[0-9]+$"),
        minVersion=Kind("string", pattern=r"^[0-9]+\.[0-9]+$"),
        generator=TEXT,
        copyright=TEXT,
    ),
    accessors=array(_ACCESSOR, 1),
    animations=array(_ANIMATION, 1),
    buffers=array(record(uri=TEXT, byteLength_=integer(1), name=TEXT), 1),
    bufferViews=array(
        record(
            buffer_=_ID,
            byteOffset=_ID,
            byteLength_=integer(1),
            byteStride=integer(4, 252),
            target=Kind("integer", choices=(34962, 34963), open_list=True),
            name=TEXT,
        ),
        1,
    ),
    cameras=array(_CAMERA, 1),
    images=array(record(uri=TEXT, bufferView=_ID, mimeType=TEXT, name=TEXT), 1),
    materials=array(_MATERIAL, 1),
    meshes=array(_MESH, 1),
    nodes=array(_NODE, 1),
    samplers=array(_SAMPLER, 1),
    scene=_ID,
    scenes=array(record(name=TEXT, nodes=_IDS), 1),
    skins=array(record(name=TEXT, inverseBindMatrices=_ID, skeleton=_ID, joints_=_IDS), 1),
    textures=array(record(name=TEXT, sampler=_ID, source=_ID), 1),
    extensionsUsed=_NAMES,
    extensionsRequired=_NAMES,
    extras=ANY,
)
