"""Telling the house: what a subscriber sees, and the connection that carries it."""
