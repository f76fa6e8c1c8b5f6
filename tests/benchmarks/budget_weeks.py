"""What becomes of a budget of one false accept a day, in simulated rooms over weeks.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.budget_weeks --rooms 300

prints a table. The rooms are those of `budget_rooms`: the code knows nothing of how sure the model is of what
it hears there. With `--bursts` false accepts do not come one by one but three at a time on average, as a
television's may, so that the bound is built on what is not so.
"""

import argparse
from collections.abc import Sequence
from itertools import islice

import numpy as np

from budget_rooms import Night, nights, some_room

BUDGET = 1.0
LOOKS = (7, 14, 28, 56)
RATES = (0.5, 0.9, 2.0, 4.0, 10.0)
HOURS = (24.0, 8.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rooms", type=int, default=300, help="of each kind (%(default)s)")
    parser.add_argument("--bursts", action="store_true", help="false accepts come in bursts")
    wanted = parser.parse_args()
    print("| hours a day | model alone | after | a day in truth | kept | said to be kept | bound holds |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for hours in HOURS:
        for rate in RATES:
            lives = _lives(wanted.rooms, rate, hours, mean_burst=3.0 if wanted.bursts else 1.0)
            for look in LOOKS:
                print(_row(hours, rate, look, [life[look - 1] for life in lives]), flush=True)


def _lives(rooms: int, rate: float, hours: float, mean_burst: float) -> list[list[Night]]:
    rng = np.random.default_rng(1)
    return [
        list(islice(nights(some_room(rate, rng, mean_burst), BUDGET, hours, rng), LOOKS[-1]))
        for _ in range(rooms)
    ]


def _row(hours: float, rate: float, look: int, reached: Sequence[Night]) -> str:
    truths = np.array([night.truth_per_day for night in reached])
    said = np.mean([night.figure.state == "kept" for night in reached])
    holds = np.mean([night.told_the_truth for night in reached])
    kept = np.mean(truths <= BUDGET)
    return (
        f"| {hours:g} | {rate:g} | {look} days | {truths.mean():.2f} | "
        f"{kept:.0%} | {said:.0%} | {holds:.1%} |"
    )


if __name__ == "__main__":
    main()
