"""What the daemon makes of a recording, drawn."""
