"""Who proved what: the works that steps of a derivation cite."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A work: who wrote it, what it is called, when it came out, and where in it, or where it is found."""

    author: str
    title: str
    year: int
    where: str = ""

    def __str__(self) -> str:
        """The work on one line."""
        return f"{self.author}, “{self.title}”{f', {self.where}' if self.where else ''} ({self.year})"

    @property
    def short(self) -> str:
        """What it is called once it has been told: the first author’s name and the year."""
        first, *others = self.author.split(", ")
        name = first.split(". ")[-1]
        return f"{name}{' et al.' if others else ''} ({self.year})"


PAPER = Source(
    "S. Aranguri, G. Biroli, M. Mézard, E. Vanden-Eijnden",
    "Optimizing Noise Schedules of Generative Models in High Dimensions",
    2025,
    "arXiv 2501.00988",
)
INTERPOLANTS = Source(
    "M. S. Albergo, N. M. Boffi, E. Vanden-Eijnden",
    "Stochastic Interpolants: A Unifying Framework for Flows and Diffusions",
    2023,
    "arXiv 2303.08797",
)
KARRAS = Source(
    "T. Karras, M. Aittala, T. Aila, S. Laine",
    "Elucidating the Design Space of Diffusion-Based Generative Models",
    2022,
    "arXiv 2206.00364",
)
ROBBINS = Source(
    "H. Robbins", "An Empirical Bayes Approach to Statistics", 1956, "Third Berkeley Symposium, vol. I, pp. 157–163"
)
SPECIATION = Source(
    "G. Biroli, T. Bonnaire, V. de Bortoli, M. Mézard",
    "Dynamical Regimes of Diffusion Models",
    2024,
    "arXiv 2402.18491",
)
CUMULANTS = Source("P. McCullagh", "Tensor Methods in Statistics", 1987, "chapter 2")
HERMITE = Source("G. Szegő", "Orthogonal Polynomials", 1939, "section 5.5")
LE_CAM = Source(
    "L. Le Cam",
    "Locally Asymptotically Normal Families of Distributions",
    1960,
    "Univ. California Publ. Statist. 3, pp. 37–98",
)
VAN_DER_VAART = Source("A. W. van der Vaart", "Asymptotic Statistics", 1998, "chapter 7")
CENTRAL_LIMIT = Source(
    "J. W. Lindeberg",
    "Eine neue Herleitung des Exponentialgesetzes in der Wahrscheinlichkeitsrechnung",
    1922,
    "Math. Z. 15, pp. 211–225",
)
EDGEWORTH = Source("V. V. Petrov", "Sums of Independent Random Variables", 1975, "chapter VI")
GRAM = Source(
    "I. J. Schoenberg",
    "Remarks to Maurice Fréchet’s Article “Sur la définition axiomatique d’une classe d’espace distanciés …”",
    1935,
    "Ann. of Math. 36, pp. 724–732",
)
VARADHAN = Source(
    "S. R. S. Varadhan",
    "Asymptotic Probabilities and Differential Equations",
    1966,
    "Comm. Pure Appl. Math. 19, pp. 261–286",
)
LAPLACE = Source("N. G. de Bruijn", "Asymptotic Methods in Analysis", 1958, "chapter 4")
ELLIS_NEWMAN = Source(
    "R. S. Ellis, C. M. Newman",
    "Limit Theorems for Sums of Dependent Random Variables Occurring in Statistical Mechanics",
    1978,
    "Z. Wahrsch. verw. Gebiete 44, pp. 117–139",
)
NEARBY_FLOWS = Source(
    "E. Hairer, S. P. Nørsett, G. Wanner", "Solving Ordinary Differential Equations I", 1993, "section I.10"
)
