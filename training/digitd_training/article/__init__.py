"""The article that this began with, reproduced as the baseline."""
