"""Numeric one-dimensional laws: the denoiser, the exact flow and exact samples of one coordinate."""

from symsched.sampling.site_atoms import AtomSite
from symsched.sampling.site_base import AbstractSite
from symsched.sampling.site_density import DensitySite
from symsched.sampling.site_gaussian import GaussianSite

__all__ = ["AbstractSite", "AtomSite", "DensitySite", "GaussianSite"]
