"""The charts of a report: what they show, and one drawing per kind."""
