"""Exported folders to a browser on this machine."""

from cimkit.server.static import app, serve

__all__ = ["app", "serve"]
