"""What every test starts from."""

import os

# The budget of a step is for people who wait; on a busy machine it must not decide what a test sees.
os.environ.setdefault("SYMSCHED_SECONDS_PER_STEP", "120")
