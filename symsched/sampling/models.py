"""The numeric models in dimension d: exact posterior mean, exact sampler, log density."""

from __future__ import annotations

from symsched.sampling.model_base import AbstractModel
from symsched.sampling.model_directions import DirectionModel
from symsched.sampling.model_lattice_field import LatticeFieldModel
from symsched.sampling.model_mean_field import MeanFieldModel
from symsched.sampling.model_product import ProductModel

__all__ = ["AbstractModel", "DirectionModel", "LatticeFieldModel", "MeanFieldModel", "ProductModel"]
