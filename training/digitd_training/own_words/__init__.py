"""Recording one's own words: asks, listens as the daemon does, keeps labelled takes."""
