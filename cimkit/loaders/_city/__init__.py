"""City models, whatever their encoding: features, geometry, appearance."""
