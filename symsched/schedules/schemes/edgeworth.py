"""The step that crosses a gap of scales behind a phase of order q: straight in ψ̂^q, as the Edgeworth expansion says.

Before modes that differ from the q-th cumulant on are told apart, the posterior mean is what they share plus
c_q ψ̂^{q−1} He_{q−1}(ŷ)/(q−1)!, so that ŷ = (y − ψ c_1)/√V, V = 1 + ψ² c_2, is straight in ψ̂^q, ψ̂ = ψ/√V, as far as
the next order of ψ. A step of that kind is as long as it likes; an Euler step in ψ keeps hardly anything of it.
"""

from dataclasses import replace

from scipy import sparse

from symsched.schedules.plan import Plan
from symsched.schedules.schemes.base import Nodes, Stretch
from symsched.schedules.schemes.multistep import adams, dpmpp_2m

Form = tuple[float, dict[int, float]]
"""A coefficient of the state y_k, and of the posterior means D_j: what is linear in both."""


def edgeworth(nodes: Nodes) -> Plan:
    """Return Adams in ψ, on the stretch of ``nodes`` steps of ŷ straight in ψ̂^q, and in the data phase 2M in log ψ.

    The stretch is anchored: D of its ``anchor`` stands for the mean c_1 that undecided modes share, so that in a tree
    each branch has its own. With R = D − c_1 − ψ c_2 (y − ψ c_1)/V the step is

        ŷ' = ŷ + Δu V R/(ψ̂^{q−1} − ψ̂_a^{q−1}),   u = ψ̂^q/q − ψ̂_a^{q−1} ψ̂,

    in two-step Adams in u inside the window, and anew at the gap. From the anchor ŷ stands still, for which the first
    of these steps makes up. Behind the gap it is ``dpmpp_2m``: of N(0, 3/2²) and N(0, 1/2²) on linear VP with κ = 3, 11
    data steps miss the widths by .008 and .012, Euler by .055 and .093, Adams by .040 and .087. Without a stretch it is
    Adams as far as the last window, and 2M there; with one window alone ``adams``.
    Source: Edgeworth's expansion, Petrov 1975, chapter VI; for q = 1 the step is Euler's in ψ.
    """
    plan, stretch = adams(nodes), nodes.stretch
    behind = nodes.behind
    if behind is None:
        return plan
    scale, noise = plan.A.copy(), plan.alpha
    table = sparse.vstack([plan.B[:behind], dpmpp_2m(nodes).B[behind:]], format="lil")
    if stretch is None:
        return replace(plan, B=sparse.csr_array(table))
    for k, (state, means) in _Stepper(plan, stretch).rows().items():
        scale[k] = noise[k + 1] / noise[k] * state
        table[k, :] = 0
        for j, factor in means.items():
            table[k, j] = noise[k + 1] * factor
    return replace(plan, A=scale, B=sparse.csr_array(table))


class _Stepper:
    """The steps of one stretch in canonical coordinates, as forms in y_k and D_j."""

    def __init__(self, plan: Plan, stretch: Stretch) -> None:
        self._psi, self._anchor, self._gap = plan.psi, stretch.anchor, stretch.gap
        self._order, self._variance = stretch.order, stretch.variance

    def rows(self) -> dict[int, Form]:
        """Return y_{k+1} in y_k and D_j for every step from the anchor on to that over the gap."""
        anchor, gap = self._anchor, self._gap
        found = {anchor: self._moved(anchor, (0.0, {}))}
        earlier: Form | None = None
        for k in range(anchor + 1, gap + 1):
            slope = self._slope(k)
            begin = anchor if k == anchor + 1 else k
            gained = self._clock(k + 1) - self._clock(begin)
            step = _times(slope, gained)
            if earlier is not None and anchor + 1 < k < gap:
                share = gained / (self._clock(k) - self._clock(k - 1)) / 2
                known = _before(earlier, found[k - 1])
                step = _plus(_times(slope, gained * (1 + share)), _times(known, -gained * share))
            found[k] = self._moved(k, step)
            earlier = slope
        return found

    def _spread(self, k: int) -> float:
        """V at node k."""
        return float(1 + self._psi[k] ** 2 * self._variance)

    def _reduced(self, k: int) -> float:
        """ψ̂ at node k."""
        return float(self._psi[k]) / self._spread(k) ** 0.5

    def _clock(self, k: int) -> float:
        """u at node k, in which ŷ is straight."""
        reduced = self._reduced(k)
        return reduced**self._order / self._order - self._reduced(self._anchor) ** (self._order - 1) * reduced

    def _centre(self, k: int) -> Form:
        """c_1, from D_a = c_1 + ψ_a c_2 (y_a − ψ_a c_1)/V_a: y has moved since by Δψ c_1, as far as the next order."""
        first = float(self._psi[self._anchor])
        passed = float(self._psi[k]) - first
        share = first * self._variance
        return -share, {self._anchor: self._spread(self._anchor) + share * passed}

    def _slope(self, k: int) -> Form:
        """V R/(ψ̂^{q−1} − ψ̂_a^{q−1}) at node k."""
        psi, spread, (state, means) = float(self._psi[k]), self._spread(k), self._centre(k)
        pulled = psi * self._variance
        remainder = -state - pulled * (1 - psi * state) / spread
        others = {j: -factor * (1 - psi * pulled / spread) for j, factor in means.items()}
        power = self._order - 1
        reach = self._reduced(k) ** power - self._reduced(self._anchor) ** power
        return _times((remainder, {**others, k: 1.0}), spread / reach)

    def _moved(self, k: int, step: Form) -> Form:
        """y_{k+1} = √V' (ŷ + step) + ψ' c_1."""
        (psi, following), (state, means) = (float(self._psi[k]), float(self._psi[k + 1])), self._centre(k)
        own, next_one = self._spread(k) ** 0.5, self._spread(k + 1) ** 0.5
        standard = (1 - psi * state) / own, {j: -psi * factor / own for j, factor in means.items()}
        return _plus(_times(_plus(standard, step), next_one), _times((state, means), following))


def _times(form: Form, factor: float) -> Form:
    return form[0] * factor, {j: value * factor for j, value in form[1].items()}


def _plus(one: Form, other: Form) -> Form:
    keys = sorted(set(one[1]) | set(other[1]))
    return one[0] + other[0], {j: one[1].get(j, 0.0) + other[1].get(j, 0.0) for j in keys}


def _before(form: Form, row: Form) -> Form:
    """Return a form in y_{k−1} as one in y_k, where y_k is ``row`` in y_{k−1}."""
    state = form[0] / row[0]
    return _plus((state, dict(form[1])), (0.0, {j: -state * factor for j, factor in row[1].items()}))
