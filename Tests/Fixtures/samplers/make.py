"""Makes samplers.json and values.f32: what diffusers' schedulers compute around a fake network.

Run with diffusers, torch and numpy installed:
    python3 make.py
The test walks the same products of settings in the same order, so only the numbers are stored.
"""
import itertools
import json
import pathlib
import warnings

import diffusers
import numpy as np
import torch

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
SHAPE = (2, 3, 4)
SD = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
PREDICTIONS = ["epsilon", "v_prediction", "sample"]
SPACINGS = ["leading", "trailing", "linspace"]


def network(x, t):
    t = float(t)
    return 0.9 * x * (t / (t + 1)) + 0.1 * torch.sin(3 * x + t / 100)


def exact_square_roots():
    """Replaces torch's square root by numpy's, which is correctly rounded.

    torch's is off by a bit, another one on another machine, and where differences cancel (zero terminal SNR with eta
    1) that bit is amplified to 4e-4. The fixtures must not depend on the machine they were made on.
    """
    def root(tensor):
        return torch.from_numpy(np.asarray(np.sqrt(tensor.numpy())))

    power = torch.Tensor.__pow__
    torch.Tensor.sqrt = root
    torch.Tensor.__pow__ = lambda tensor, exponent: root(tensor) if exponent == 0.5 else power(tensor, exponent)


def run(scheduler, steps=None, eta=0.0, seed=0, batch=1, trajectory=False, strength=1.0, double=False,
        sigmas=None, timesteps=None, **extra):
    """A pipeline's loop: a generator for each picture, and new latents for each step."""
    generators = [torch.Generator().manual_seed(seed + i) for i in range(batch)]

    def draw():
        return torch.cat([torch.randn((1,) + SHAPE, generator=g) for g in generators])

    given = {name: levels for name, levels in [("sigmas", sigmas), ("timesteps", timesteps)] if levels}
    scheduler.set_timesteps(**given) if given else scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps
    if double:
        scheduler.sigmas = scheduler.sigmas.double()
    if strength < 1:
        # StableDiffusionImg2ImgPipeline.get_timesteps
        start = max(steps - min(int(steps * strength), steps), 0)
        timesteps = timesteps[start * scheduler.order:]
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(start * scheduler.order)
        clean = 0.5 * draw()
        latents = scheduler.add_noise(clean, draw(), timesteps[:1])
    else:
        latents = draw() * scheduler.init_noise_sigma
    kept = []
    keys = scheduler.step.__code__.co_varnames
    for t in timesteps:
        model_input = scheduler.scale_model_input(latents, t)
        output = network(model_input, t)
        arguments = dict(eta=eta) if "eta" in keys else {}
        if "generator" in keys:
            arguments["generator"] = generators[0] if batch == 1 else generators
        latents = scheduler.step(output, t, latents, **arguments, **extra).prev_sample
        kept.append(latents)
    return torch.cat(kept) if trajectory else latents


def fnv(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{state:016x}"


values, families = [], []
OPTIONS = ["steps", "eta", "seed", "batch", "trajectory", "strength", "double", "sigmas", "timesteps",
           "use_clipped_model_output"]


def diffusers_run(cls):
    def make(**settings):
        options = {k: settings.pop(k) for k in OPTIONS if k in settings}
        return run(cls(**settings), **options)
    return make


def family(sampler, class_name, base, axes, run=None):
    """Every combination of the axes' values, the last axis fastest, by `run` or a scheduler of diffusers."""
    run = run or diffusers_run(getattr(diffusers, class_name))
    first, cases, broken = sum(v.size for v in values), 0, 0
    for combination in itertools.product(*[axis[1] for axis in axes]):
        settings = dict(base, **dict(zip([axis[0] for axis in axes], combination)))
        values.append(run(**settings).numpy().astype("<f4").ravel())
        cases += 1
        broken += not np.isfinite(values[-1]).all()
    families.append(dict(sampler=sampler, first=first, count=sum(v.size for v in values) - first, base=base,
                         axes=[dict(name=n, values=v) for n, v in axes]))
    print(sampler, cases, "cases,", broken, "not finite")


def ddim():
    axes = [["timestep_spacing", SPACINGS], ["prediction_type", PREDICTIONS], ["set_alpha_to_one", [True, False]],
            ["steps", [1, 2, 10, 30, 50]], ["eta", [0.0, 0.5, 1.0]]]
    for limits in [dict(clip_sample=False), dict(clip_sample=True, clip_sample_range=0.9),
                   dict(thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=1.5)]:
        family("ddim", "DDIMScheduler", dict(SD, **limits), axes)
    # diffusers takes the root of a rounding error below zero in some of these with eta 1: not a number there.
    # Epsilon prediction has nothing to divide by at zero terminal SNR, which all but leading spacing reach.
    zero = dict(SD, clip_sample=False, rescale_betas_zero_snr=True)
    family("ddim", "DDIMScheduler", zero, [axes[0], ["prediction_type", PREDICTIONS[1:]]] + axes[2:])
    family("ddim", "DDIMScheduler", dict(zero, timestep_spacing="leading"), axes[2:])
    # Many steps, whole trajectories, a part of them, several pictures, other schedules and the defaults.
    family("ddim", "DDIMScheduler", dict(SD, clip_sample=False), axes[:2] + [["steps", [333, 999]], axes[4]])
    family("ddim", "DDIMScheduler", dict(SD, clip_sample=False, trajectory=True, steps=12),
           axes[:2] + [axes[4]])
    family("ddim", "DDIMScheduler", dict(SD, clip_sample=False, eta=0.5),
           [axes[0], ["steps", [10, 30]], ["strength", [0.3, 0.75]]])
    family("ddim", "DDIMScheduler", dict(SD, use_clipped_model_output=True), [axes[1], axes[3], axes[4]])
    family("ddim", "DDIMScheduler", dict(SD, clip_sample=False, eta=1.0, steps=8), [["batch", [1, 3]], ["seed", [0, 7]]])
    family("ddim", "DDIMScheduler", {}, [["beta_schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"]], *axes[:2],
                                         ["steps", [1, 7, 20]], ["eta", [0.0, 1.0]]])
    family("ddim", "DDIMScheduler", dict(num_train_timesteps=100, trained_betas=[0.01 + 0.0001 * i for i in range(100)]),
           [*axes[:2], ["steps", [1, 7, 100]]])


def ddpm():
    axes = [["timestep_spacing", SPACINGS], ["prediction_type", PREDICTIONS], ["steps", [1, 2, 10, 30]]]
    for limits in [dict(clip_sample=False), dict(clip_sample=True, clip_sample_range=0.9),
                   dict(thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=1.5)]:
        family("ddpm", "DDPMScheduler", dict(SD, **limits), axes)
    family("ddpm", "DDPMScheduler", {}, axes[:2] + [["steps", [5, 333]]])
    family("ddpm", "DDPMScheduler", dict(SD, clip_sample=False, rescale_betas_zero_snr=True, trajectory=True),
           [axes[0], ["prediction_type", PREDICTIONS[1:]], ["steps", [1, 9]]])
    family("ddpm", "DDPMScheduler", dict(SD, clip_sample=False), [axes[0], ["steps", [10]], ["strength", [0.3, 0.75]]])


def plms():
    axes = [["timestep_spacing", SPACINGS], ["prediction_type", PREDICTIONS[:2]], ["steps", [1, 2, 3, 4, 5, 10, 30, 50]]]
    family("plms", "PNDMScheduler", dict(SD, skip_prk_steps=True), axes + [["set_alpha_to_one", [True, False]]])
    family("plms", "PNDMScheduler", dict(skip_prk_steps=True), axes[:2] + [["steps", [7, 100]]])
    family("plms", "PNDMScheduler", dict(SD, skip_prk_steps=False, trajectory=False),
           axes[:2] + [["steps", [4, 5, 10, 30, 50]]])


def singlestep():
    axes = [["prediction_type", PREDICTIONS], ["steps", [1, 2, 3, 5, 8, 20, 50]]]
    for algorithm in ["dpmsolver++", "sde-dpmsolver++"]:
        base = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", algorithm_type=algorithm)
        name = "DPMSolverSinglestepScheduler"
        family("dpm++2s", name, base, [["solver_order", [1, 2, 3]]] + axes)
        for flag in ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"]:
            family("dpm++2s", name, dict(base, **{flag: True}), [axes[0], ["steps", [2, 9, 24]]])
        family("dpm++2s", name, dict(base, trajectory=True, steps=11, batch=2), [axes[0]])
        family("dpm++2s", name, base, [["steps", [10, 21]], ["strength", [0.3, 0.45, 0.75]]])


def sigma_form(sampler, class_name, predictions=PREDICTIONS, spaced=True, zero=False, trajectory=True, strength=True,
           only={}):
    """A solver in sigma form: spacings, schedules over sigma, parts of the schedule."""
    def family(sampler, class_name, base, axes):
        globals()["family"](sampler, class_name, dict(base, **only), axes)

    spacing, prediction = ["timestep_spacing", SPACINGS], ["prediction_type", predictions]
    family(sampler, class_name, SD, [spacing, prediction, ["steps", [1, 2, 5, 10, 20, 50]]])
    family(sampler, class_name, {}, [["beta_schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"]], spacing,
                                     ["steps", [3, 25]]])
    for flag in ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"] if spaced else []:
        family(sampler, class_name, dict(SD, **{flag: True}), [spacing, prediction, ["steps", [2, 8, 25]]])
    if zero:
        family(sampler, class_name, dict(SD, rescale_betas_zero_snr=True), [spacing, prediction, ["steps", [2, 10, 30]]])
    if trajectory:
        family(sampler, class_name, dict(SD, trajectory=True, steps=12, batch=2), [spacing, prediction])
    if strength:
        family(sampler, class_name, SD, [spacing, ["steps", [10, 30]], ["strength", [0.3, 0.75]]])


def given_levels():
    """Levels given one by one, to those schedulers that take them."""
    aligned = [999, 850, 736, 645, 545, 455, 343, 233, 124, 24]
    lists = ["timesteps", [aligned, [999], [900, 500, 420, 20, 0]]]
    prediction = ["prediction_type", PREDICTIONS]
    base = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    for sampler, class_name in [("ddpm", "DDPMScheduler"), ("euler", "EulerDiscreteScheduler"),
                                ("heun", "HeunDiscreteScheduler"), ("dpm++2m", "DPMSolverMultistepScheduler"),
                                ("dpm++2s", "DPMSolverSinglestepScheduler")]:
        family(sampler, class_name, dict(base, clip_sample=False) if sampler == "ddpm" else base, [lists, prediction])
    for sampler, class_name in [("lcm", "LCMScheduler"), ("tcd", "TCDScheduler")]:
        family(sampler, class_name, dict(base, eta=0.3), [["timesteps", [[999, 759, 499, 259], [499, 19]]], prediction])
    family("euler", "EulerDiscreteScheduler", base,
           [["sigmas", [[14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.0], [9.0, 0.5],
                        [12.0, 3.0, 0.1]]], prediction])


def tables():
    """The schedules to the last bit, and DDIM's timesteps for every number of steps."""
    alphas = []
    for settings in [dict(SD), dict(), dict(beta_schedule="squaredcos_cap_v2"), dict(SD, num_train_timesteps=77),
                     dict(beta_start=0.01), dict(trained_betas=[0.001 * (i + 1) for i in range(9)], num_train_timesteps=9)]:
        for zero in [False, True]:
            scheduler = diffusers.DDIMScheduler(**dict(settings, rescale_betas_zero_snr=zero))
            data = scheduler.alphas_cumprod.numpy().astype("<f4").tobytes()
            alphas.append(dict(settings=dict(settings, rescale_betas_zero_snr=zero), hash=fnv(data)))
    spacings = []
    for spacing in SPACINGS:
        for trained in [1000, 100]:
            scheduler = diffusers.DDIMScheduler(num_train_timesteps=trained, timestep_spacing=spacing)
            lists = []
            for steps in range(1, trained + 1):
                scheduler.set_timesteps(steps)
                lists.append(scheduler.timesteps.numpy()[:steps])
            data = np.concatenate(lists).astype("<i4").tobytes()
            spacings.append(dict(spacing=spacing, trained=trained, hash=fnv(data)))
    return dict(alphas=alphas, spacings=spacings)


if __name__ == "__main__":
    diffusers.utils.logging.set_verbosity_error()
    exact_square_roots()
    ddim()
    ddpm()
    sigma_form("euler", "EulerDiscreteScheduler", zero=True)
    sigma_form("euler_a", "EulerAncestralDiscreteScheduler", PREDICTIONS[:2], spaced=False, zero=True)
    sigma_form("heun", "HeunDiscreteScheduler", trajectory=False)
    plms()
    sigma_form("lms", "LMSDiscreteScheduler", strength=False)
    dpm = "DPMSolverMultistepScheduler"
    sigma_form("dpm++2m", dpm, zero=True)
    thresholded = dict(SD, thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=1.5)
    family("dpm++2m", dpm, thresholded, [["steps", [5, 20]], ["prediction_type", PREDICTIONS]])
    sigma_form("dpm++3m", dpm, only=dict(solver_order=3))
    sigma_form("dpm++2m_sde", dpm, only=dict(algorithm_type="sde-dpmsolver++"))
    sigma_form("unipc", "UniPCMultistepScheduler", zero=True)
    family("unipc", "UniPCMultistepScheduler", SD, [["solver_order", [1, 2, 3]], ["solver_type", ["bh1", "bh2"]],
                                                    ["steps", [4, 15]], ["prediction_type", PREDICTIONS]])
    sigma_form("dpm2", "KDPM2DiscreteScheduler", PREDICTIONS[:2], trajectory=False)
    sigma_form("dpm2_a", "KDPM2AncestralDiscreteScheduler", PREDICTIONS[:2], trajectory=False)
    sigma_form("deis", "DEISMultistepScheduler")
    singlestep()
    sigma_form("unipc_bh1", "UniPCMultistepScheduler", strength=False, only=dict(solver_type="bh1", trajectory=True))
    sigma_form("sa_solver", "SASolverScheduler", only=dict(double=True))
    family("sa_solver", "SASolverScheduler", dict(SD, double=True),
           [["predictor_order", [1, 2, 3]], ["corrector_order", [1, 2, 3, 4]], ["steps", [4, 15]]])
    for name, class_name in [("lcm", "LCMScheduler"), ("tcd", "TCDScheduler")]:
        family(name, class_name, {}, [["prediction_type", PREDICTIONS], ["steps", [1, 2, 4, 7, 8, 30, 50]], ["eta", [0.0, 0.3, 1.0]]])
        family(name, class_name, dict(SD, original_inference_steps=20, trajectory=True),
               [["prediction_type", PREDICTIONS], ["steps", [3, 20]], ["eta", [0.0, 0.5]]])
    given_levels()
    data = np.concatenate(values)
    (HERE / "values.f32").write_bytes(data.tobytes())
    document = dict(shape=SHAPE, tables=tables(), families=families)
    (HERE / "samplers.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(data.size, "values")
