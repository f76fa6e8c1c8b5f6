"""What is heard and what comes of it, drawn in a terminal."""
