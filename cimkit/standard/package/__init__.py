"""A package as it is written: folders, zips and workbooks, read and saved."""
