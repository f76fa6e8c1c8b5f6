"""What all tests share."""

from hypothesis import settings

# Speed is measured in benchmarks; a machine that is busy fails no test.
settings.register_profile("digitd", deadline=None)
settings.register_profile("long", settings.get_profile("digitd"), max_examples=10_000)
settings.load_profile("digitd")
