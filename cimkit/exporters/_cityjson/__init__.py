"""What the exporters of CityJSON share: from rows of the catalogue to city objects."""
