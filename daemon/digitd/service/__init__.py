"""Living as a long-running process."""
