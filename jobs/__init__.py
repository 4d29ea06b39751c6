"""I/O, actions and the clock: everything that touches a lake, a session, a file or the time."""
