"""Which of a user's tables and columns are which of ours: a proposal from names and types, never from values."""
