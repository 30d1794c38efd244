"""What 3D Tiles and glTF ask of a delivery: read from the bytes, told with place, got, expected.

The parts follow the specifications: OGC 22-025r4 (3D Tiles 1.1, with the 3D Metadata Specification
in it), OGC 18-053r2 (3D Tiles 1.0), glTF 2.0 (ISO/IEC 12113) and its metadata extensions. The
checks `tileset_valid` and `gltf_valid` ask them; what each tells of is one *subject*.
"""
