"""Pure engine work: DataFrame in, DataFrame out; no session, clock, I/O or action."""
