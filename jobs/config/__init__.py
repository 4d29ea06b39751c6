"""The configuration of a run: definitions with what the file, the environment and the command line change in them."""
