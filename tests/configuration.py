"""What the configuration is made of."""

from dataclasses import is_dataclass
from typing import Final, get_type_hints

from digitd.config import Config

SECTIONS: Final = {
    key: hint for key, hint in get_type_hints(Config).items() if isinstance(hint, type) and is_dataclass(hint)
}
"""The settings class of each section of config.yaml."""
