"""Two standards side by side: crosswalk, difference, migration."""
