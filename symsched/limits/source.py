"""What may stand for a schedule wherever one is asked for."""

from symsched.limits.limit import Limit
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.schedule import Schedule, plain

Source = Schedule | Interpolant | Limit


def schedule_of(source: Source) -> Schedule:
    """Return a schedule itself, a limit's own, or the undilated one of an interpolant; TypeError for anything else."""
    if isinstance(source, Limit):
        return source.schedule
    schedule = plain(source) if isinstance(source, Interpolant) else source
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a Schedule, an Interpolant or a Limit, got {source!r}")
    return schedule
