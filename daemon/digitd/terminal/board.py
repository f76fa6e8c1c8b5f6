"""What stands below the utterances and changes all the time: level, what is set, what is wrong. Pure."""

from typing import Final

from rich.text import Text

from digitd.monitor.reading import Answer, Health, Message, Sound, State
from digitd.terminal.controls import KEYS, SHORT_KEYS, summary
from digitd.terminal.look import Look
from digitd.terminal.meter import Levels, bar, legend

WELL: Final = "listening"


class Board:
    """Remembers the latest of each.

    Args:
        title: What is looked at.
        keys: There are keys to press.

    Attributes:
        state: What is set; None before that is told.
        trouble: What is wrong with what is looked at; empty where nothing is.
    """

    def __init__(self, title: str, *, keys: bool) -> None:
        self.state: State | None = None
        self.trouble = ""
        self._title = title
        self._keys = keys
        self._refused = ""
        self._health: Health | None = None
        self._sound: Sound | None = None
        self._loudest_dbfs: float | None = None

    def take(self, message: Message) -> None:
        """Remember what was told."""
        match message:
            case State():
                self.state, self.trouble = message, ""
            case Health():
                self._health = message
            case Answer(error):
                self._refused = error or ""
            case Sound(levels):
                self._sound, self.trouble = message, ""
                known = [] if self._loudest_dbfs is None else [self._loudest_dbfs]
                self._loudest_dbfs = max(levels + known)
            case _:
                pass

    def drawn(self, width: int, look: Look) -> Text:
        """Draw what is to be seen now; the next drawing shows the level from here on."""
        rows = [*self._level(width, look), self._words()]
        if self._keys:
            rows.append(Text(KEYS if width >= len(KEYS) else SHORT_KEYS, style="dim"))
        for row in rows:
            row.truncate(width)
        self._loudest_dbfs = None
        return Text("\n").join(rows)

    def _level(self, width: int, look: Look) -> list[Text]:
        if self._sound is None or self.state is None:
            return [Text("no sound yet", style="dim")]
        sound = self._sound
        level = sound.levels_dbfs[-1] if self._loudest_dbfs is None else self._loudest_dbfs
        offset = sound.onset_dbfs - self.state.offset_below_onset_db
        levels = Levels(level, sound.floor_dbfs, offset, sound.onset_dbfs)
        return [bar(levels, width, look), legend(levels, width, look)]

    def _words(self) -> Text:
        """Say first what matters most: where there is no room, the rest is cut off."""
        if wrong := self.trouble or self._refused or self._ailing():
            return Text(wrong, style="bold red")
        set_so = summary(self.state) if self.state else ""
        return Text.assemble((set_so, "bold" if self.state and self.state.muted else ""), f"   {self._title}")

    def _ailing(self) -> str:
        health = self._health
        return f"{health.state}: {health.reason}" if health and health.state != WELL else ""
