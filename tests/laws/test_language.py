"""The small language: what it reads, what it refuses, and that nothing in it runs or takes long."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import stats
from sympy.stats import density

from symsched.distributions.text import ParseError, parse_mixture, parse_value
from symsched.distributions.text.laws import LAWS
from symsched.distributions.text.source import MAX_LENGTH
from symsched.symbols import d

HALF = sp.Rational(1, 2)


def distributions(text):
    return [(weight, law.pspace.distribution) for weight, law in parse_mixture(text)]


def test_the_contract_example():
    expected = [
        (sp.Rational(3, 10), stats.Normal("a", 0, sp.Rational(3, 2)).pspace.distribution),
        (sp.Rational(7, 10), stats.Normal("a", 0, HALF).pspace.distribution),
    ]
    assert distributions("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)") == expected
    assert distributions("Normal(0, 1.5)*.3 + 0.7*Normal(0, 5e-1)") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Normal(0, 1)/2 + Normal(2, 1)/2",
        "1/2*(Normal(0, 1) + Normal(2, 1))",
        "\n (Normal(0, 1) +\n\tNormal(2, 1))/2 ",
        "1/4*2*Normal(0, 1) + Normal(2, 1)*(1 - 1/2)",
    ],
)
def test_a_weight_may_stand_on_either_side(text):
    assert distributions(text) == distributions("1/2*Normal(0, 1) + 1/2*Normal(2, 1)")


def test_a_lone_law_has_weight_one():
    ((weight, law),) = parse_mixture("Rademacher()")
    assert weight == 1
    assert density(law).dict == {-1: HALF, 1: HALF}


def test_atoms():
    ((_, law),) = parse_mixture("Atoms({-1: 1/4, sqrt(2): 1/2, 2**-3: 0.25})")
    quarter = sp.Rational(1, 4)
    assert density(law).dict == {-1: quarter, sp.sqrt(2): HALF, sp.Rational(1, 8): quarter}


def test_parameters_and_weights_may_depend_on_the_dimension():
    (weight, law), (other, _) = parse_mixture("(1 - 1/d)*Normal(d**(-1/4), 1) + Rademacher()/d")
    assert weight == 1 - 1 / d and other == 1 / d
    assert law.pspace.distribution.mean == d ** sp.Rational(-1, 4)
    assert len(parse_mixture("d/(d + 1)*Rademacher() + Normal(0, 1)/(1 + d)")) == 2


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Bernoulli", "1/3"), ("Uniform", "-1, pi"), ("Laplace", "0, 2"), ("Exponential", "2"), ("Gamma", "2, 1/2"),
        ("Beta", "1/2, 3"), ("Poisson", "3"), ("Logistic", "0, 1"), ("Geometric", "1/4"), ("Binomial", "5, 1/2"),
        ("StudentT", "5"), ("Normal", "E, exp(-1)"), ("Rademacher", ""),
    ],
)  # fmt: skip
def test_every_law_is_the_one_of_sympy_stats(name, arguments):
    assert name in LAWS
    ((_, law),) = parse_mixture(f"{name}({arguments})")
    numbers = [parse_value(argument) for argument in arguments.split(",") if argument]
    assert law.pspace.distribution == getattr(stats, name)("a", *numbers).pspace.distribution


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4/5", sp.Rational(4, 5)),
        ("0.1", sp.Rational(1, 10)),
        ("-2**2", -4),
        ("2**3**2", 512),
        ("1.", 1),
        ("12345678901234567890.5", sp.Rational(24691357802469135781, 2)),
        ("sqrt(8)*pi/E", 2 * sp.sqrt(2) * sp.pi / sp.E),
        ("log(2)/2 + exp(-1)", sp.log(2) / 2 + sp.exp(-1)),
        ("d**-0.5", d**-HALF),
    ],
)
def test_values_are_exact(text, value):
    assert parse_value(text) == value


MALICIOUS = [
    "__import__('os').system('x')", "().__class__", "().__class__.__bases__[0]", "9**9**9", "2**2**2**2**2",
    "lambda: 1", "(x := 3)", "f'{1}'", "[1 for _ in d]", "(1 for _ in d)", "d.__class__", "d[0]", "exec(1)",
    "eval(1)", "open(0)", "print(1)", "'1'", '"""1"""', "b'1'", "1j", "True", "None", "...",
    "1 if 1 else 2", "1if 1else 2",
    "1 < 2",
    "1 and 2", "not 1", "~1", "1 @ 2", "1 // 2", "1 % 2", "1 << 999", "1 | 1", "await d", "yield", "*d", "{1}",
    "{1: 2}",
    "Normal(*d)", "Normal(**d)", "Normal(0, std=1)", "Normal(0, 1)()", "(Normal)(0)", "d(1)", "pi()", "sqrt()",
    "sqrt(1, 2)",
    "1e999999999", "1e-999999999", "9" * 900, "10**64*10**64*10**64*10**64*10**64*10**64", "exp(exp(exp(9)))",
    "exp(9**9)", "((d + 1)**32)**32", "(((d + 1)**8 + 1)**8 + 1)**8", "d**d", "2**d", "d**(1/0)", "0**-1", "1/0",
    "1/(sqrt(2)**2 - 2)", "log(0)", "log(-1)", "sqrt(-1)", "(-1)**(1/2)", "sqrt(-d)", "0x10", "1_0", "01",
    "Normal(0)\x00",
    "\ud800", "π", "𝑑", "1 # 2", "1; 2", "1\\\n", "", "   ", "(", ")", "1)+(1", "[" * 900, "(" * 900, "-" * 900 + "1",
    "1" + "+1" * 400, "sqrt(" * 120 + "1" + ")" * 120, "1" * (MAX_LENGTH + 1), "Binomial(10**9, 1/2)",
    "Binomial(d, 1/2)",
    "Binomial(2.5, 1/2)", "Bernoulli(2)", "Uniform(2, 1)", "Normal(0, 0)", "Normal(0, -d)", "Normal(Normal(0, 1), 1)",
    "Normal(0)", "Atoms()", "Atoms({})", "Atoms(1, 2)", "Atoms({1: 1/2, 1: 1/2})", "Atoms({1: 1/2})", "Atoms({**d})",
    "Atoms({Normal(0, 1): 1})", "Atoms", "Normal", "sqrt", "sympy", "Norml(0, 1)", "2*Normal(0, 1)", "-Normal(0, 1)",
    "Normal(0, 1) - Normal(1, 1)", "Normal(0, 1)*Normal(0, 1)", "1 + Normal(0, 1)", "1/Normal(0, 1)", "Normal(0, 1)**2",
    "3/2*Normal(0, 1) + (-1/2)*Normal(1, 1)", "1/2*Normal(0, 1)", "0*Normal(0, 1) + Rademacher()", "Normal(0, 1)/0",
    "Normal(0, 1)/d", "(1 + 1/d)*Normal(0, 1)", "Normal(0, 1)^2", "Normal(0; 1)", "1", "d",
]  # fmt: skip


@pytest.mark.parametrize("text", MALICIOUS)
def test_what_is_not_in_the_language_is_refused(text):
    with pytest.raises(ParseError) as caught:
        parse_mixture(text)
    assert 0 <= caught.value.position <= len(text)
    assert str(caught.value).endswith("^")


def test_the_error_points_at_the_character_and_names_the_nearest():
    text = "  1/2*Normal(0, 1) + 1/2*Laplce(0, 1)"
    with pytest.raises(ParseError, match="did you mean 'Laplace'") as caught:
        parse_mixture(text)
    assert text[caught.value.position :].startswith("Laplce")
    shown, caret = str(caught.value).splitlines()[-2:]
    assert shown[caret.index("^") :].startswith("Laplce")


def test_the_caret_is_right_in_a_long_text():
    text = "+".join(["1/60*Normal(0, 1)"] * 50) + "+1/60*Norml(0, 1)"
    with pytest.raises(ParseError) as caught:
        parse_mixture(text)
    shown, caret = str(caught.value).splitlines()[-2:]
    assert shown[caret.index("^") :].startswith("Norml")
    assert len(shown) < 120


def test_a_value_is_no_law_and_a_text_is_a_string():
    with pytest.raises(ParseError, match="not a law"):
        parse_value("Normal(0, 1)")
    with pytest.raises(TypeError, match="must be a string"):
        parse_value(3)


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30))
def test_fractions_come_back(numerator, denominator):
    assert parse_value(f"{numerator}/{denominator}") == sp.Rational(numerator, denominator)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=12))
def test_decimals_come_back_exactly(number):
    exact = Fraction(str(number))
    assert parse_value(f"{number}") == sp.Rational(exact.numerator, exact.denominator)


expressions = st.recursive(
    st.one_of(
        st.integers(-20, 20).map(sp.Integer),
        st.fractions(-9, 9, max_denominator=50).map(lambda f: sp.Rational(f.numerator, f.denominator)),
        st.sampled_from([d, sp.pi, sp.E, sp.sqrt(2), sp.log(3), sp.exp(-d), d ** sp.Rational(-1, 4)]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        inner.map(lambda base: base**2),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)
@given(expressions)
def test_a_printed_expression_reads_back(expression):
    assert sp.expand(parse_value(str(expression)) - expression) == 0


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 9), st.fractions(-5, 5), st.integers(1, 9)), min_size=1, max_size=6))
def test_a_printed_mixture_reads_back(modes):
    total = sum(weight for weight, _, _ in modes)
    text = " + ".join(f"{weight}/{total}*Normal({mean}, {std}/4)" for weight, mean, std in modes)
    for (weight, law), (part, mean, std) in zip(parse_mixture(text), modes, strict=True):
        assert weight == sp.Rational(part, total)
        assert law.pspace.distribution.args == (sp.Rational(mean.numerator, mean.denominator), sp.Rational(std, 4))


def only_parse_errors(text):
    for read in (parse_mixture, parse_value):
        try:
            result = read(text)
        except ParseError:
            continue
        assert result is not None


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80))
def test_random_text_raises_nothing_but_parse_errors(text):
    only_parse_errors(text)


TOKENS = [
    *"0123456789+-*/(){}:,. ", "**", "d", "pi", "E", "sqrt(", "exp(", "log(", "Normal(", "Rademacher()", "Atoms({",
    "})",
    "1/2*", "Normal(0,1)", "Binomial(", "Poisson(", "lambda", "if", "else", "for", "in", "not", "1e9", "0.5", "d**-1",
    ")", ")",
]  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(TOKENS), max_size=30).map("".join))
def test_random_sentences_raise_nothing_but_parse_errors(text):
    only_parse_errors(text)
