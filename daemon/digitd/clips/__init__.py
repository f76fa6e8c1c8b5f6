"""Utterances kept as recordings to learn from, for whoever enables it; else no sound reaches the disk."""

from typing import Final

OTHER: Final = "_other_"
"""The folder, and so the label, of what was no keyword; no word begins with an underscore."""
