"""Makes schedules.json: the noise levels of the schedules that diffusers lacks, from their published definitions.

Run with torch and numpy installed:
    python3 schedules.py
"""
import json
import math
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
# The forward process of Stable Diffusion 1, in single precision as it is published.
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
ALPHAS = torch.cumprod(1 - BETAS, dim=0).numpy()
SIGMAS = np.sqrt((1 - ALPHAS) / ALPHAS).astype(np.float64)
HIGH, LOW = SIGMAS[-1], SIGMAS[0]

# As printed in the Align Your Steps paper's instructions.
AYS = [14.6146412293, 6.4745760956, 3.8636745985, 2.6946151520, 1.8841921177, 1.3943805092, 0.9642583904, 0.6523686016,
       0.3977456272, 0.1515232662, 0.0291671582]
AYS_XL = [14.6146412293, 6.3184485287, 3.7681790315, 2.1811480769, 1.3405244945, 0.8620721141, 0.5550693289, 0.3798540708,
          0.2332364134, 0.1114188177, 0.0291671582]
SVD = [700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002]


def at(timestep):
    """Sigma at a fractional timestep, linear in its logarithm."""
    low = int(timestep)
    high = min(low + 1, 999)
    weight = timestep - low
    return math.exp((1 - weight) * math.log(SIGMAS[low]) + weight * math.log(SIGMAS[high]))


def loglinear(levels, steps):
    """The interpolation of the Align Your Steps paper's instructions; the last level becomes zero."""
    reversed_logs = np.log(np.array(levels)[::-1])
    points = np.interp(np.linspace(0, 1, steps + 1), np.linspace(0, 1, len(levels)), reversed_logs)
    return list(np.exp(points)[::-1][:-1])


def linear_quadratic(n, threshold=0.025):
    if n == 1:
        return [HIGH]
    half = n // 2
    rest = n - half
    difference = half - threshold * n
    a = difference / (half * rest**2)
    b = threshold / half - 2 * difference / rest**2
    c = a * half**2
    done = [i * threshold / half for i in range(half)] + [a * i**2 + b * i + c for i in range(half, n)]
    return [HIGH * (1 - x) for x in done]


DEFINITIONS = dict(
    karras=lambda n: [(HIGH ** (1 / 7) + r * (LOW ** (1 / 7) - HIGH ** (1 / 7))) ** 7 for r in np.linspace(0, 1, n)],
    exponential=lambda n: list(np.exp(np.linspace(math.log(HIGH), math.log(LOW), n))),
    polyexponential=lambda n: [math.exp(r * (math.log(HIGH) - math.log(LOW)) + math.log(LOW)) for r in np.linspace(1, 0, n) ** 2.5],
    normal=lambda n: [at(t) for t in np.linspace(999, 0, n)],
    sgm_uniform=lambda n: [at(t) for t in np.linspace(999, 0, n + 1)[:-1]],
    simple=lambda n: [SIGMAS[-(1 + int(i * 1000 / n))] for i in range(n)],
    ddim_uniform=lambda n: [SIGMAS[i] for i in range(1, 1000, max(1000 // n, 1))][::-1],
    kl_optimal=lambda n: [math.tan(r * math.atan(LOW) + (1 - r) * math.atan(HIGH)) for r in np.linspace(0, 1, n)],
    linear_quadratic=linear_quadratic,
    ays=lambda n: loglinear(AYS, n),
    ays_sdxl=lambda n: loglinear(AYS_XL, n),
    ays_svd=lambda n: loglinear(SVD, n),
    gits=lambda n: loglinear(json.loads((HERE / "gits.json").read_text())[min(max(n, 2), 20) - 2], n),
)

if __name__ == "__main__":
    counts = [1, 2, 3, 5, 10, 11, 20, 21, 30, 50]
    document = {name: {str(n): [float(f"{x:.9g}") for x in make(n)] for n in counts} for name, make in DEFINITIONS.items()}
    (HERE / "schedules.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
