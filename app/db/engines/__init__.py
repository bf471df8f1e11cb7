"""One file for each database. Its traps are handled there and nowhere else."""
