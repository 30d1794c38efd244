"""Pure functions on arrays: coordinates, shapes and what is measured of them."""
