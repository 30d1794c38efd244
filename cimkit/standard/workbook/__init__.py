"""The package as one workbook, for people who live in spreadsheets."""
