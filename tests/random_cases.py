"""How random distributions are drawn: the same ones in every run."""

from hypothesis import HealthCheck, Phase, settings


def some(count):
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=count,
        database=None,
        phases=(Phase.generate,),  # an example that fails is small enough as it is
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
