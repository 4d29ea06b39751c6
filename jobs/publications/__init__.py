"""What was published and is kept: the pointer, its history, differences, rollback, cleaning, the members."""
