"""The report of one publication: result rows in, words and pictures out. Knows no engine and no lake."""
