"""How much each kind of evidence counts for a model as the parent of a class."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """The factor of each kind of evidence in the logarithm of a model's odds.

    The order of the fields is that of the columns of `ClassCandidates.evidence`. The first five
    look at the model's class that is most like the file's class, the others at the whole file.
    """

    cosine: float  # similarity of the two classes
    closest: float  # whether no model has a more similar class
    children: float  # log of the number of models that inherit from that class
    closest_children: float  # the same if it is the closest, else 0
    namesake: float  # whether both have the same name but for the model's
    similar: float  # mean over classes of the squared best cosine
    best: float  # share of classes for which no model is better
    covered: float  # as `similar`, weighted by the square root of the size
    functions: float  # mean over functions of the squared best cosine
    family: float  # how much of the models' names is shared
    popular: float  # log of the number of models that inherit from it
    old: float  # log of the number of releases between the two models
    same_release: float  # whether both appeared in one release
    derived: float  # whether it inherits from other models itself
    methods: float  # share of the methods' tokens that it has unchanged
    roles: float  # share of the classes that it has a namesake of

    def array(self) -> Floats:
        """The factors in the order of the fields."""
        return np.array(astuple(self), dtype=np.float64)

    @staticmethod
    def from_array(values: Floats) -> Weights:
        """The inverse of `array`."""
        return Weights(*np.asarray(values, dtype=np.float64).tolist())


NAMES = tuple(field.name for field in fields(Weights))

# What a model's score gains if no other model has one of the file's methods unchanged; fitted as
# the weights below.
SOLE = 1.523

# Fitted by `evaluation.tuning` on models that are in release 5.8.0.
FITTED = Weights(
    cosine=10.389,
    closest=0.342,
    children=0.301,
    closest_children=0.292,
    namesake=0.230,
    similar=4.433,
    best=4.433,
    covered=1.451,
    functions=0.786,
    family=2.051,
    popular=0.720,
    old=-0.115,
    same_release=-1.284,
    derived=-0.984,
    methods=1.236,
    roles=-2.149,
)
