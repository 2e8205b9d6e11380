"""The parts of a C header that do not depend on what it is about; names in @ are filled in."""

TYPES = """#ifndef SYMSCHED_SCHEDULE_H
#define SYMSCHED_SCHEDULE_H

#include <math.h>
#include <stddef.h>

/* Type of samples; float will do: coefficients are doubles. */
#ifndef SYMSCHED_REAL
#define SYMSCHED_REAL double
#endif

/* What every function returns: 0, and a result without NaN, or why there is none. */
enum {
    SYMSCHED_OK = 0,
    SYMSCHED_BAD_TIME = 1,   /* t outside [0, 1], or no velocity there; psi not at least 0 */
    SYMSCHED_BAD_NUMBER = 2, /* d or kappa no positive number, or a d that the table is not made for */
    SYMSCHED_BAD_KAPPA = 3,  /* kappa does not fit below the scales of d: take a smaller one */
    SYMSCHED_BAD_STEPS = 4,  /* fewer steps than windows */
    SYMSCHED_OVERSHOOT = 5   /* an Euler step in x overshoots the noise: use the scheme canonical */
};

typedef struct {
    double tau, alpha, beta, tau_rate, alpha_rate, beta_rate;
} symsched_point;

/* N steps x' = A x + sum of B[i] D[column[i]] over row[k] <= i < row[k+1], + shift + wave He_degree(z). */
typedef struct {
    int steps, terms, memory, degree;
    double *t, *psi, *alpha, *beta, *A, *shift, *wave, *B;
    int *row, *column;
} symsched_plan;

#define SYMSCHED_NUMBERS(steps, terms) (7 * (size_t)(steps) + 3 + (size_t)(terms))
#define SYMSCHED_PLACES(steps, terms) ((size_t)(steps) + 1 + (size_t)(terms))

/* D(y, psi) = E[a | z + psi a = y] of d coordinates, written to mean; returns 0 or what the sampler is to return. */
typedef int (*symsched_denoiser)(const SYMSCHED_REAL *y, double psi, size_t d, SYMSCHED_REAL *mean, void *data);

static inline void symsched_lay(int steps, int terms, double *numbers, int *places, symsched_plan *plan)
{
    const size_t n = (size_t)steps;
    plan->steps = steps;
    plan->terms = terms;
    plan->memory = 1;
    plan->degree = 0;
    plan->t = numbers;
    plan->alpha = plan->t + n + 1;
    plan->beta = plan->alpha + n + 1;
    plan->psi = plan->beta + n + 1;
    plan->A = plan->psi + n;
    plan->shift = plan->A + n;
    plan->wave = plan->shift + n;
    plan->B = plan->wave + n;
    plan->row = places;
    plan->column = places + n + 1;
}

/* Write data to x from noise z ~ N(0, I) of d coordinates; work holds (plan->memory + 1) * d numbers. */
static inline int symsched_sample(const symsched_plan *plan, symsched_denoiser denoiser, void *data,
                                  const SYMSCHED_REAL *z, size_t d, SYMSCHED_REAL *x, SYMSCHED_REAL *work)
{
    SYMSCHED_REAL *y = work + (size_t)plan->memory * d;
    for (size_t i = 0; i < d; i++)
        x[i] = (SYMSCHED_REAL)(plan->alpha[0] * z[i]);
    for (int k = 0; k < plan->steps; k++) {
        for (size_t i = 0; i < d; i++)
            y[i] = (SYMSCHED_REAL)(x[i] / plan->alpha[k]);
        const int status = denoiser(y, plan->psi[k], d, work + (size_t)(k % plan->memory) * d, data);
        if (status != SYMSCHED_OK)
            return status;
        for (size_t i = 0; i < d; i++) {
            double next = plan->A[k] * x[i] + plan->shift[k];
            for (int j = plan->row[k]; j < plan->row[k + 1]; j++)
                next += plan->B[j] * work[(size_t)(plan->column[j] % plan->memory) * d + i];
            if (plan->degree > 0) {
                double before = 1.0, here = z[i];
                for (int n = 1; n < plan->degree; n++) {
                    const double after = z[i] * here - n * before;
                    before = here;
                    here = after;
                }
                next += plan->wave[k] * here;
            }
            x[i] = (SYMSCHED_REAL)next;
        }
    }
    return SYMSCHED_OK;
}
"""

SCHEDULE = """
enum { SYMSCHED_WINDOWS = @COUNT@ };

static inline void symsched_in_window(int window, double v, double r, double d, double kappa, symsched_point *p)
{
    switch (window) {
@CASES@    }
}

/* Whether d and kappa are positive numbers, and the windows in order. */
static inline int symsched_check(double d, double kappa)
{
    double before = 0.0;
    if (!(d > 0.0 && kappa > 0.0 && isfinite(d) && isfinite(kappa)))
        return SYMSCHED_BAD_NUMBER;
    for (int k = 1; k < SYMSCHED_WINDOWS; k++) {
        symsched_point p;
        symsched_in_window(k, 0.0, 1.0, d, kappa, &p);
        if (!(p.tau > 0.0 && p.tau <= 1.0 && p.alpha > 0.0 && isfinite(p.alpha) && p.beta > 0.0
              && p.beta / p.alpha >= before * (1.0 - 1e-12)))
            return SYMSCHED_BAD_KAPPA;
        before = p.beta / p.alpha;
    }
    return SYMSCHED_OK;
}

/* tau, alpha, beta and their rates in t at 0 <= t <= 1; a rate at t = 1 may be infinite. */
static inline int symsched_schedule(double t, double d, double kappa, symsched_point *p)
{
    static const double starts[] = {@STARTS@}, ends[] = {@ENDS@}, lengths[] = {@LENGTHS@};
    const int status = symsched_check(d, kappa);
    int window = 0;
    if (!(t >= 0.0 && t <= 1.0))
        return SYMSCHED_BAD_TIME;
    if (status != SYMSCHED_OK)
        return status;
    while (window + 1 < SYMSCHED_WINDOWS && t >= starts[window + 1])
        window++;
    symsched_in_window(window, fmin((t - starts[window]) / lengths[window], 1.0),
                       fmin((ends[window] - t) / lengths[window], 1.0), d, kappa, p);
    return SYMSCHED_OK;
}

/* beta/alpha, infinite at t = 1. */
static inline int symsched_psi(double t, double d, double kappa, double *psi)
{
    symsched_point p;
    const int status = symsched_schedule(t, d, kappa, &p);
    if (status == SYMSCHED_OK)
        *psi = p.alpha > 0.0 ? p.beta / p.alpha : HUGE_VAL;
    return status;
}

/* t with psi(t) = psi >= 0, by bisection. */
static inline int symsched_time_of(double psi, double d, double kappa, double *t)
{
    double low = 0.0, high = 1.0;
    const int status = symsched_check(d, kappa);
    if (status != SYMSCHED_OK)
        return status;
    if (!(psi >= 0.0))
        return SYMSCHED_BAD_TIME;
    for (int k = 0; k < 80 && psi > 0.0; k++) {
        const double middle = (low + high) / 2.0;
        double found = 0.0;
        (void)symsched_psi(middle, d, kappa, &found);
        if (found < psi)
            low = middle;
        else
            high = middle;
    }
    *t = psi > 0.0 ? high : 0.0;
    return SYMSCHED_OK;
}

/* dx/dt of the probability flow at 0 <= t < 1; work holds d numbers. */
static inline int symsched_velocity(const SYMSCHED_REAL *x, double t, size_t count, double d, double kappa,
                                    symsched_denoiser denoiser, void *data, SYMSCHED_REAL *velocity,
                                    SYMSCHED_REAL *work)
{
    symsched_point p;
    int status = symsched_schedule(t, d, kappa, &p);
    if (status != SYMSCHED_OK)
        return status;
    if (!(p.alpha > 0.0 && isfinite(p.alpha_rate) && isfinite(p.beta_rate)))
        return SYMSCHED_BAD_TIME;
    for (size_t i = 0; i < count; i++)
        work[i] = (SYMSCHED_REAL)(x[i] / p.alpha);
    status = denoiser(work, p.beta / p.alpha, count, velocity, data);
    for (size_t i = 0; i < count && status == SYMSCHED_OK; i++)
        velocity[i] = (SYMSCHED_REAL)(p.alpha_rate / p.alpha * x[i]
                                      + (p.beta_rate - p.alpha_rate * p.beta / p.alpha) * velocity[i]);
    return status;
}
"""

PLAN = """
/* The steps at dimension d; numbers and places hold SYMSCHED_NUMBERS and SYMSCHED_PLACES of (steps, steps). */
static inline int symsched_plan_of(int steps, double d, double kappa, double *numbers, int *places,
                                   symsched_plan *plan)
{
    static const double starts[] = {@STARTS@}, lengths[] = {@LENGTHS@};
    static const int straight[][2] = {@FLAGS@}; /* whether alpha and beta at the next node are the tangents' */
    const int status = symsched_check(d, kappa);
    int k = 0;
    if (status != SYMSCHED_OK)
        return status;
    if (steps < SYMSCHED_WINDOWS)
        return SYMSCHED_BAD_STEPS;
    symsched_lay(steps, steps, numbers, places, plan);
    for (int window = 0; window < SYMSCHED_WINDOWS; window++) {
        const int end = (int)rint((double)(window + 1) * steps / SYMSCHED_WINDOWS);
        const int count = end - k;
        for (int j = 0; j < count; j++, k++) {
            const double v = (double)j / count;
            symsched_point p;
            symsched_in_window(window, v, 1.0 - v, d, kappa, &p);
            plan->t[k] = starts[window] + v * lengths[window];
            plan->alpha[k] = p.alpha;
            plan->beta[k] = p.beta;
            plan->A[k] = p.alpha_rate;
            plan->B[k] = p.beta_rate;
            plan->column[k] = straight[window][0] + 2 * straight[window][1];
        }
    }
    plan->t[steps] = 1.0;
    plan->alpha[steps] = 0.0;
    plan->beta[steps] = 1.0;
    for (k = 0; k < steps; k++) {
        const double step = plan->t[k + 1] - plan->t[k];
        const double noise = plan->column[k] % 2 ? plan->alpha[k + 1] : plan->alpha[k] + step * plan->A[k];
        const double signal = plan->column[k] / 2 ? plan->beta[k + 1] : plan->beta[k] + step * plan->B[k];
        if (!(noise >= 0.0 && isfinite(noise) && isfinite(signal)))
            return SYMSCHED_OVERSHOOT;
        plan->psi[k] = plan->beta[k] / plan->alpha[k];
        plan->A[k] = noise / plan->alpha[k];
        plan->B[k] = signal - plan->A[k] * plan->beta[k];
        plan->shift[k] = plan->wave[k] = 0.0;
        plan->row[k] = plan->column[k] = k;
    }
    plan->row[steps] = steps;
    return SYMSCHED_OK;
}
"""

TABLE = """
enum { SYMSCHED_TABLE_STEPS = @STEPS@, SYMSCHED_TABLE_TERMS = @TERMS@ };

/* The table at dimension d; numbers and places as for SYMSCHED_TABLE_STEPS and SYMSCHED_TABLE_TERMS. */
static inline int symsched_table(double d, double *numbers, int *places, symsched_plan *plan)
{
    if (!(isfinite(d) && @HOLDS@))
        return SYMSCHED_BAD_NUMBER;
@UNITS@    const double values[] = {
@NUMBERS@    };
    static const int entries[] = {@PLACES@};
    symsched_lay(SYMSCHED_TABLE_STEPS, SYMSCHED_TABLE_TERMS, numbers, places, plan);
    plan->memory = @MEMORY@;
    plan->degree = @DEGREE@;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        numbers[i] = values[i];
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        places[i] = entries[i];
    return SYMSCHED_OK;
}
"""

POSTERIOR = """
/* Log evidence of one normal part up to what all parts share, and its posterior mean. */
static inline double symsched_part(double y, double psi, double m, double v, double *mean)
{
    const double spread = psi * psi * v + 1.0;
    *mean = @MEAN@;
    /* Equal up to y^2/2, which all share: each keeps its digits where the other loses them. */
    return (psi < 1.0 ? @SMALL@ : @LARGE@) - log(spread) / 2.0;
}

/* E[a | z + psi a = y] of the distribution; a denoiser for symsched_sample, data is not used. */
static inline int symsched_posterior(const SYMSCHED_REAL *y, double psi, size_t count, SYMSCHED_REAL *mean, void *data)
{
    enum { MODES = @MODES@ };
    const double d = (double)count;
    const double weights[] = {@WEIGHTS@};
    const double parts[][3] = {@TRIPLES@}; /* share, mean, variance */
    static const int first[] = {@FIRST@};
    double evidence[MODES], top = -HUGE_VAL, total = 0.0;
    (void)data;
    (void)d;
    if (!(psi >= 0.0 && psi <= 1e75) || count == 0)
        return SYMSCHED_BAD_NUMBER;
    for (int k = 0; k < MODES; k++)
        evidence[k] = log(weights[k]);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            double found = 0.0;
            if (!isfinite(y[i]))
                return SYMSCHED_BAD_NUMBER;
            for (int k = 0; k < MODES; k++) {
                double high = -HUGE_VAL, mass = 0.0, moment = 0.0;
                for (int j = first[k]; j < first[k + 1]; j++) {
                    double own;
                    const double found_log = symsched_part(y[i], psi, parts[j][1], parts[j][2], &own);
                    const double log_share = log(parts[j][0]) + found_log;
                    const double peak = fmax(high, log_share);
                    const double fade = exp(high - peak), share = exp(log_share - peak);
                    mass = fade * mass + share;
                    moment = fade * moment + share * own;
                    high = peak;
                }
                if (pass == 0)
                    evidence[k] += high + log(mass);
                else
                    found += evidence[k] * moment / mass;
            }
            if (pass == 1)
                mean[i] = (SYMSCHED_REAL)found;
        }
        if (pass == 0) {
            for (int k = 0; k < MODES; k++)
                top = fmax(top, evidence[k]);
            for (int k = 0; k < MODES; k++)
                total += exp(evidence[k] - top);
            for (int k = 0; k < MODES; k++)
                evidence[k] = exp(evidence[k] - top) / total;
        }
    }
    return SYMSCHED_OK;
}
"""
