"""Which samples are an utterance. Pure: no clock, no file, no log."""
