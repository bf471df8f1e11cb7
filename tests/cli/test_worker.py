"""`im worker` says in one line why it does not start, and whether one is alive."""
