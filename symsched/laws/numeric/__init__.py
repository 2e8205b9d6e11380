"""Numeric one-dimensional laws: the denoiser, the exact flow and exact samples of one coordinate."""

from symsched.laws.numeric.site_atoms import AtomSite
from symsched.laws.numeric.site_base import AbstractSite
from symsched.laws.numeric.site_density import DensitySite
from symsched.laws.numeric.site_gaussian import GaussianSite

__all__ = ["AbstractSite", "AtomSite", "DensitySite", "GaussianSite"]
