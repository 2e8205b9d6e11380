"""The numeric models in dimension d: exact posterior mean, exact sampler, log density."""

from symsched.sampling.model_base import AbstractModel
from symsched.sampling.model_directions import DirectionModel
from symsched.sampling.model_interaction import InteractionModel
from symsched.sampling.model_lattice_field import LatticeFieldModel, lattice_totals
from symsched.sampling.model_mean_field import AbstractBasinModel, AbstractMeanFieldModel, MeanFieldModel
from symsched.sampling.model_product import ProductModel

__all__ = [
    "AbstractBasinModel",
    "AbstractMeanFieldModel",
    "AbstractModel",
    "DirectionModel",
    "InteractionModel",
    "LatticeFieldModel",
    "MeanFieldModel",
    "ProductModel",
    "lattice_totals",
]
