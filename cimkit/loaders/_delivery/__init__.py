"""From a delivered folder to sources, and from a source to staged Parquet."""
