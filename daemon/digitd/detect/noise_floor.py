"""What the room sounds like when nobody speaks."""

START_DBFS = -60.0
"""A quiet room behind an ordinary microphone; the first second of a stream finds the real one."""

LOWEST_DBFS = -90.0
"""Where 16-bit audio ends; digital silence must not pull the floor out of reach."""

FALL = 0.1
"""Share of the distance that one quieter window brings the floor down: found in about 60 ms."""

RISE_DB_PER_S = 4.0
"""A fan that starts is followed in seconds, a word of half a second moves the floor by at most 2 dB."""


class NoiseFloor:
    """Follows the quiet moments: down fast, up slowly, as in minimum statistics (R. Martin, 2001).

    Args:
        windows_per_s: How often `update` is called for each second of audio.
    """

    def __init__(self, windows_per_s: float) -> None:
        self.dbfs = START_DBFS
        self._rise_db = RISE_DB_PER_S / windows_per_s

    def update(self, level_dbfs: float) -> None:
        """Take one more window's level into account."""
        if level_dbfs < self.dbfs:
            self.dbfs = max(self.dbfs + FALL * (level_dbfs - self.dbfs), LOWEST_DBFS)
        else:
            self.dbfs = min(self.dbfs + self._rise_db, level_dbfs)

    def jump(self, level_dbfs: float) -> None:
        """Begin anew at a level: the room itself has become louder."""
        self.dbfs = max(level_dbfs, LOWEST_DBFS)
