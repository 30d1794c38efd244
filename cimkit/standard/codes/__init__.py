"""Identifier codes: segments, mesh cells, check digits, and their columns in SQL."""
