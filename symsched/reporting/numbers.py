"""Numbers as a reader wants them: as many digits as are known, with their standard error."""

import math

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def number_text(value: float, digits: int = 12) -> str:
    """Return ``value`` to ``digits`` significant digits, with a true minus sign and a power of ten where needed.

    >>> number_text(-0.79919006118), number_text(1.5e-12), number_text(float("inf"))
    ('−0.79919006118', '1.5×10⁻¹²', '∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return (mantissa + (f"×10{str(int(exponent)).translate(_SUPERSCRIPT)}" if exponent else "")).replace("-", "−")


def measured_text(value: float, error: float | None) -> str:
    """Return ``value`` ± ``error`` with the error to two digits, or the value alone if it has no error.

    >>> measured_text(0.7982134, 0.00123), measured_text(3.2e-9, 4.1e-11), measured_text(0.5, None)
    ('0.7982 ± 0.0012', '(3.200 ± 0.041)×10⁻⁹', '0.5')
    """
    if error is None or not (0 < error < math.inf) or math.isinf(value):
        return number_text(value) if error is None else f"{number_text(value)} ± {number_text(error, 2)}"
    size = math.floor(math.log10(max(abs(value), error)))
    scale = size if size < -4 or size > 6 else 0
    value, error = value * 10.0**-scale, error * 10.0**-scale
    decimals = min(15, max(0, 1 - math.floor(math.log10(error))))
    text = f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")
    return f"({text})×10{str(scale).translate(_SUPERSCRIPT)}" if scale else text


def predicted_text(value: float, error: float | None) -> str:
    """Return a prediction with two digits more than the standard error it is held against can see.

    >>> predicted_text(0.79919006118, 0.00123), predicted_text(0.79919006118, None)
    ('0.799190', '0.79919006118')
    """
    if error is None or not (0 < error < math.inf) or not math.isfinite(value) or value == 0:
        return number_text(value)
    if not 1e-4 <= abs(value) < 1e7:
        return number_text(value, 6)
    return f"{value:.{min(12, max(0, 3 - math.floor(math.log10(error))))}f}".replace("-", "−")


def z_text(z: float | None) -> str:
    """Return a z-score with its sign, or a dash if there is none."""
    if z is None:
        return "–"
    return (
        number_text(z, 4)
        if math.isinf(z) or abs(z) >= 1000
        else "0.00"
        if abs(z) < 0.005
        else f"{z:+.2f}".replace("-", "−")
    )


def dimension_text(dimension: float | None) -> str:
    """Return a dimension with its thousands set apart, or a dash; an infinite one is the limit."""
    if dimension is None:
        return "–"
    if math.isinf(dimension) or dimension > 1e9:
        return number_text(dimension)
    return f"{dimension:,.0f}".replace(",", "\u202f")


def seconds_text(seconds: float) -> str:
    """Return a duration to a tenth of a second, or in minutes."""
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def number_latex(text: str) -> str:
    """Return the LaTeX of a number that one of the functions above wrote.

    >>> number_latex("(3.200 ± 0.041)×10⁻⁹")
    '$(3.200 \\\\pm 0.041)\\\\times 10^{-9}$'
    """
    if text == "–":
        return "--"
    body, times, exponent = text.partition("×10")
    if times:
        body += rf"\times 10^{{{exponent.translate(_PLAIN)}}}"
    for sign, command in (("±", r"\pm"), ("−", "-"), ("∞", r"\infty"), ("\u202f", r"\,")):
        body = body.replace(sign, command)
    return f"${body}$"


def setting_text(value: str | int | float) -> str:
    """Return a setting as a reader sees it: integers (a seed) whole, other numbers to twelve digits."""
    return number_text(value) if isinstance(value, float) else str(value)
