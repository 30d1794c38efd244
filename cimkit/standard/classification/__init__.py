"""From objects to classes and levels: one vectorised pass, its reasons, and proposals."""
