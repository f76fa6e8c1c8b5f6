"""Say a digit, get an MQTT message."""

from importlib.metadata import version

__version__ = version("digitd")
