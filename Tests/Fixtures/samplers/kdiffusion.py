"""Makes kdiffusion.json and kdiffusion.f32: the solvers that diffusers lacks, or has without Brownian paths.

Run with diffusers, k-diffusion, torchsde, torch and numpy installed:
    python3 kdiffusion.py
Solvers of k-diffusion are its own functions, on double-precision levels; those of which only ComfyUI has a program are
written down here from their papers' formulas. The grid is that of diffusers' EulerDiscreteScheduler.
"""
import json
import math
import sys
import types
import warnings

import diffusers
import numpy as np
import torch

import make
import schedules
from make import HERE, PREDICTIONS, SD, SHAPE, SPACINGS, network

warnings.filterwarnings("ignore")


def load_k_diffusion():
    """The module `sampling` alone: the rest of the package wants libraries for training."""
    import importlib.util

    for name in ["torchdiffeq", "torchvision", "torchvision.transforms", "k_diffusion"]:
        sys.modules[name] = types.ModuleType(name)
    sys.modules["torchdiffeq"].odeint = None
    sys.modules["torchvision.transforms"].functional = None
    package = importlib.machinery.PathFinder.find_spec("k_diffusion").submodule_search_locations
    sys.modules["k_diffusion"].__path__ = list(package)
    import k_diffusion.sampling
    return k_diffusion.sampling


K = load_k_diffusion()


def exact_logarithms():
    """Correctly rounded exponentials and logarithms, as with square roots in make.py: the last bit of a time shows in a
    Brownian path."""
    def exact(function):
        return lambda t: torch.from_numpy(np.asarray(function(t.double().numpy()))).to(t.dtype)

    torch.Tensor.exp, torch.Tensor.log = exact(np.exp), exact(np.log)


def to_sigma_form(scheduler, prediction_type):
    """The fake network as a denoiser of x + sigma*noise; the grid's own timesteps at its levels."""
    table = np.sqrt((1 - scheduler.alphas_cumprod.numpy()) / scheduler.alphas_cumprod.numpy())
    logs = np.log(table)
    known = {float(np.float32(s)): float(t) for s, t in zip(scheduler.sigmas, scheduler.timesteps)}

    def model(x, sigma):
        sigma = float(sigma.flatten()[0])
        timestep = known.get(float(np.float32(sigma)))
        if timestep is None:
            timestep = float(scheduler._sigma_to_t(np.array(sigma), logs))
        output = network(x / math.sqrt(sigma**2 + 1), timestep)
        if prediction_type == "epsilon":
            return x - sigma * output
        if prediction_type == "v_prediction":
            return x / (sigma**2 + 1) - sigma / math.sqrt(sigma**2 + 1) * output
        return output

    return model


def slope(x, denoised, sigma):
    return (x - denoised) / sigma


def ancestral(start, end):
    """In single precision, as it is everywhere: the difference cancels where steps are few."""
    down, up = K.get_ancestral_step(torch.tensor(start, dtype=torch.float32), torch.tensor(end, dtype=torch.float32))
    return float(down), float(up)


def ipndm(model, x, sigmas, noise):
    past = []
    weights = {1: [1], 2: [3 / 2, -1 / 2], 3: [23 / 12, -16 / 12, 5 / 12], 4: [55 / 24, -59 / 24, 37 / 24, -9 / 24]}
    for a, b in zip(sigmas[:-1].tolist(), sigmas[1:].tolist()):
        denoised = model(x, torch.tensor(a))
        past = [slope(x, denoised, a)] + past[:3]
        x = denoised if b == 0 else x + (b - a) * sum(w * d for w, d in zip(weights[len(past)], past))
    return x


def gradient_estimation(model, x, sigmas, noise, gamma=2):
    last = None
    for a, b in zip(sigmas[:-1].tolist(), sigmas[1:].tolist()):
        denoised = model(x, torch.tensor(a))
        d = slope(x, denoised, a)
        x = denoised if b == 0 else x + (b - a) * (d if last is None else gamma * d - (gamma - 1) * last)
        last = d
    return x


def res_multistep(model, x, sigmas, noise, eta=0):
    last = None
    for a, b in zip(sigmas[:-1].tolist(), sigmas[1:].tolist()):
        denoised = model(x, torch.tensor(a))
        if b == 0:
            return denoised
        down, up = ancestral(a, b) if eta else (b, 0)
        if last is None or down == 0:
            x = x + slope(x, denoised, a) * (down - a)
        else:
            h = math.log(a / down)
            c2 = math.log(last[1] / last[0]) / h
            phi_1 = (1 - math.exp(-h)) / h
            phi_2 = (1 - phi_1) / h
            x = math.exp(-h) * x + h * ((phi_1 - phi_2 / c2) * denoised + phi_2 / c2 * last[2])
        if eta:
            x = x + up * noise(a, b)
        last = (a, down, denoised)
    return x


def er_sde(model, x, sigmas, noise):
    def phi(s):
        return s * (np.exp(s**0.3) + 10)

    sigmas = sigmas.tolist()
    denoiseds, slopes = [], [None]
    for i, (a, b) in enumerate(zip(sigmas, sigmas[1:])):
        denoiseds.append(model(x, torch.tensor(a)))
        if b == 0:
            return denoiseds[-1]
        r = phi(b) / phi(a)
        x = r * x + (1 - r) * denoiseds[-1]
        points = b + np.arange(200) * (a - b) / 200
        if i >= 1:
            slopes.append((denoiseds[-1] - denoiseds[-2]) / (a - sigmas[i - 1]))
            integral = (1 / phi(points)).sum() * (a - b) / 200
            x = x + (b - a + integral * phi(b)) * slopes[-1]
        if i >= 2:
            curvature = (slopes[-1] - slopes[-2]) / ((a - sigmas[i - 2]) / 2)
            integral = ((points - a) / phi(points)).sum() * (a - b) / 200
            x = x + ((b - a) ** 2 / 2 + integral * phi(b)) * curvature
        x = x + math.sqrt(max(b**2 - a**2 * r**2, 0)) * noise(a, b)
    return x


def from_k_diffusion(name, **extra):
    def solve(model, x, sigmas, noise):
        if len(sigmas) == 2:
            # Some trip over a single step, which is the clean sample.
            return model(x, sigmas[:1])
        return getattr(K, name)(model, x, sigmas, disable=True, noise_sampler=noise, **extra)
    return solve


def span(name):
    """The solvers that make their own steps between two ends."""
    def solve(model, x, sigmas, noise):
        low = sigmas[-2]
        solver = K.DPMSolver(model)
        torch.set_default_dtype(torch.float64)
        if name == "fast":
            x = solver.dpm_solver_fast(x, solver.t(sigmas[0]), solver.t(low), len(sigmas) - 1)
        else:
            x, _ = solver.dpm_solver_adaptive(x, solver.t(sigmas[0]), solver.t(low))
        torch.set_default_dtype(torch.float32)
        return x
    return solve


SOLVERS = {
    "ipndm": ipndm, "gradient_estimation": gradient_estimation, "res_multistep": res_multistep,
    "res_multistep_a": lambda *a: res_multistep(*a, eta=1), "er_sde": er_sde,
    "dpm++2s_a": from_k_diffusion("sample_dpmpp_2s_ancestral"),
    "dpm++2m_sde_brownian": from_k_diffusion("sample_dpmpp_2m_sde"),
    "dpm++2m_sde_heun": from_k_diffusion("sample_dpmpp_2m_sde", solver_type="heun"),
    "dpm++3m_sde": from_k_diffusion("sample_dpmpp_3m_sde"),
    "dpm_fast": span("fast"), "dpm_adaptive": span("adaptive"),
}
FOLLOWS_PATH = {"dpm++2m_sde_brownian", "dpm++2m_sde_heun", "dpm++3m_sde"}


def run(sampler, prediction_type="epsilon", steps=None, seed=0, batch=1, strength=1.0, schedule=None, **settings):
    scheduler = diffusers.EulerDiscreteScheduler(**settings)
    if schedule:
        scheduler.set_timesteps(sigmas=schedules.DEFINITIONS[schedule](steps) + [0.0])
    else:
        scheduler.set_timesteps(steps)
    sigmas = scheduler.sigmas if sampler == "dpm++2s_a" else scheduler.sigmas.double()
    generators = [torch.Generator().manual_seed(seed + i) for i in range(batch)]

    def draw():
        return torch.cat([torch.randn((1,) + SHAPE, generator=g) for g in generators])

    start = max(steps - min(int(steps * strength), steps), 0)
    if strength < 1:
        clean = 0.5 * draw()
        x = clean + draw() * float(sigmas[start])
    else:
        x = draw() * float(scheduler.init_noise_sigma)
    noise = lambda a, b: draw()
    if sampler in FOLLOWS_PATH:
        noise = K.BrownianTreeNoiseSampler(x, sigmas[sigmas > 0].min(), sigmas.max(),
                                           seed=[seed + i for i in range(batch)])
    return SOLVERS[sampler](to_sigma_form(scheduler, prediction_type), x, sigmas[start:], noise)


def sde(**settings):
    """diffusers' DPMSolverSDEScheduler, whose seed is fixed by its settings."""
    seed = settings.get("noise_sampler_seed", 0)
    return make.run(diffusers.DPMSolverSDEScheduler(**{k: v for k, v in settings.items() if k not in make.OPTIONS}),
                    **{k: v for k, v in settings.items() if k in make.OPTIONS})


def trees():
    """Increments of torchsde's path, and words of NumPy's seed sequence."""
    import torchsde

    tree = torchsde.BrownianTree(0.0292, torch.zeros(5), 14.6146, entropy=42)
    queries = [[3.1, 7.25], [2.5, 3.1], [0.0292, 0.03], [0.0292, 14.6146], [7.25, 7.250001], [0.01, 20.0], [1.0, 1.0]]
    words = [[42, [5, 3]], [2**40 + 7, []], [0, [0, 0]], [2**63 + 1, [2**35 + 5, 36]]]
    return dict(
        queries=queries, increments=[tree(a, b).tolist() for a, b in queries],
        words=[dict(entropy=str(e), path=p, state=np.random.SeedSequence(e, spawn_key=p, pool_size=24).generate_state(4).tolist())
               for e, p in words])


if __name__ == "__main__":
    make.exact_square_roots()
    exact_logarithms()
    make.values.clear()
    spacing, prediction = ["timestep_spacing", SPACINGS], ["prediction_type", PREDICTIONS]

    def family(sampler, base, axes):
        make.family(sampler, None, base, axes, run=lambda **settings: run(sampler, **settings))

    for sampler in SOLVERS:
        # One step has no span for those that make their own.
        steps = [2, 3, 4, 5, 10, 21] if sampler.startswith("dpm_") else [1, 2, 5, 10, 21]
        family(sampler, SD, [spacing, prediction, ["steps", steps]])
        for flag in ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"]:
            family(sampler, dict(SD, **{flag: True}), [spacing, ["steps", [2, 8, 25]]])
        family(sampler, SD, [["schedule", list(schedules.DEFINITIONS)], ["steps", [7, 16]]])
        # An adaptive step is chosen for the whole batch.
        family(sampler, dict(SD, steps=6), [["batch", [1, 3]], ["seed", [0, 7]]])
        family(sampler, SD, [spacing, ["steps", [10, 30]], ["strength", [0.3, 0.75]]])
    base = dict(SD, noise_sampler_seed=11)
    for settings, axes in [
        (base, [spacing, ["prediction_type", PREDICTIONS[:2]], ["steps", [1, 2, 5, 10, 21]]]),
        (dict(base, use_karras_sigmas=True), [spacing, ["prediction_type", PREDICTIONS[:2]], ["steps", [2, 8, 25]]]),
        (dict(base, use_exponential_sigmas=True), [spacing, ["steps", [2, 8, 25]]]),
        (dict(base, use_beta_sigmas=True), [spacing, ["steps", [2, 8, 25]]]),
        (base, [spacing, ["steps", [10, 30]], ["strength", [0.3, 0.75]]]),
        (dict(noise_sampler_seed=3), [["beta_schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"]], ["steps", [3, 12]]]),
    ]:
        make.family("dpm++sde", None, settings, axes, run=sde)
    data = np.concatenate(make.values)
    (HERE / "kdiffusion.f32").write_bytes(data.tobytes())
    document = dict(families=make.families, trees=trees())
    (HERE / "kdiffusion.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(data.size, "values")
