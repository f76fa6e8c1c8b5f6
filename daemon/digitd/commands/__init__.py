"""What each command does, a module each; `cli` prints it."""
