"""The whole daemon with nothing else installed: a broker and a subscriber of its own."""
