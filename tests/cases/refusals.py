"""What the tests of bad input share."""

import pytest
import sympy as sp

from symsched import DerivationError, ProductMixture

HALF = sp.Rational(1, 2)


def pair(first, second, weight=HALF):
    return ProductMixture([(weight, first), (1 - weight, second)])


def refused(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    # An error of the package itself, not one that a library below happened to raise.
    assert type(caught.value) in {ValueError, TypeError, DerivationError}
    return str(caught.value)
