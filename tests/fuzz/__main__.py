"""Feeds targets with bytes that atheris makes of what led to new lines of ours: `make fuzz`.

What did so lies in `.cache/fuzz/NAME`, where the next run goes on; what a target could not take, beside it in
`NAME.crash-...`, and the run ends with it.
"""

import subprocess
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["digitd", "yaml", "zipfile"]):
    from fuzz.targets import TARGETS

CACHE = Path(__file__).parents[2] / ".cache" / "fuzz"
LIMITS = {"max_len": 20_000, "timeout": 10, "rss_limit_mb": 1000}
"""Bytes, seconds and megabytes; whatever takes more is wrong, too."""


def main(seconds: str, *names: str) -> None:
    """Feed targets for so long each, all of them where none is named."""
    match names:
        case [name]:
            _feed(name, seconds)
        case _:
            for name in names or TARGETS:
                subprocess.run([sys.executable, "-m", "fuzz", seconds, name], check=True)


def _feed(name: str, seconds: str) -> None:
    """Feed one; atheris ends the process with it."""
    target, corpus = TARGETS[name], CACHE / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    # Or what is shorter takes a seed's place: msgspec's own lines are not ours, and do not count as reached.
    kept = {"reduce_inputs": 0}
    told = {"artifact_prefix": f"{corpus}.", "verbosity": 0, "print_final_stats": 1}
    options = {"max_total_time": seconds, **LIMITS, **kept, **told}
    atheris.Setup([name, *(f"-{key}={value}" for key, value in options.items()), str(corpus)], target.feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
