"""Property tests here find the same cases on every machine, and a slow machine does not fail them."""

from hypothesis import settings

settings.register_profile("unit", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("unit")
