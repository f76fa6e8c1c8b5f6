"""What all tests share."""

from hypothesis import settings

# Speed is measured in benchmarks; a machine that is busy fails no test.
settings.register_profile("digitd", deadline=None)
settings.load_profile("digitd")
