"""Thematic maps: what a catalogue's definition says of them, and the classes of their values."""
