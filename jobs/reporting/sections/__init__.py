"""The chapters of a report, one file each: rows in, blocks out."""
