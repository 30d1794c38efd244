"""Layers of rows, whatever their format: what readers give, and what becomes of it."""
