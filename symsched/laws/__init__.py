"""Low-dimensional laws: partition function, denoiser, distribution function and exact flow, symbolic and in numbers."""

from symsched.laws.atoms import AtomLaw
from symsched.laws.base import AbstractLaw
from symsched.laws.density import DensityLaw
from symsched.laws.lattice import LatticeLaw
from symsched.laws.random_variables import law_of

__all__ = ["AbstractLaw", "AtomLaw", "DensityLaw", "LatticeLaw", "law_of"]
