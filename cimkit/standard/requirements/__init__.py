"""Requirements in buildingSMART IDS 1.0: read, held against what the format allows, made rules."""

from cimkit.standard.requirements.patterns import re2_of
from cimkit.standard.requirements.reading import Document, read_ids
from cimkit.standard.requirements.versions import BASES, MAPPED, base_of, parses

__all__ = ["BASES", "MAPPED", "Document", "base_of", "parses", "re2_of", "read_ids"]
