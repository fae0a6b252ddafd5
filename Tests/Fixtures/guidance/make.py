"""Guidance as diffusers computes it, on random outputs: guidance.json and guidance.safetensors.

    pip install torch diffusers safetensors && python make.py

CFG++ is not in diffusers: `cfg_pp` is written after ComfyUI's `sample_euler_ancestral_cfg_pp`, on the sigmas and
timesteps of diffusers' `EulerDiscreteScheduler`, around two fake networks.
"""

import json
from pathlib import Path

import numpy as np
import torch
from diffusers import EulerDiscreteScheduler, logging
from diffusers.guiders import AdaptiveProjectedGuidance, ClassifierFreeGuidance
from diffusers.pipelines.pag.pag_utils import PAGMixin
from safetensors.torch import save_file

HERE = Path(__file__).parent
logging.set_verbosity_error()
SHAPE = (2, 4, 6, 5)
STEPS = 4
SD = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
tensors = {}


def exact_square_roots():
    """As in samplers/make.py: torch's are off by a bit that zero terminal SNR amplifies."""
    def root(tensor):
        return torch.from_numpy(np.asarray(np.sqrt(tensor.numpy())))

    power = torch.Tensor.__pow__
    torch.Tensor.sqrt = root
    torch.Tensor.__pow__ = lambda tensor, exponent: root(tensor) if exponent == 0.5 else power(tensor, exponent)


def enabled(guider, step, count):
    guider.set_state(step=step, num_inference_steps=count, timestep=torch.tensor(0))
    return guider


def draws(seed):
    generator = torch.Generator().manual_seed(seed)
    return [[torch.randn(SHAPE, generator=generator) for _ in range(3)] for _ in range(STEPS)]


def wrappers():
    """A few steps of each guider over the same outputs."""
    cases = []
    outputs = draws(1)
    for step, names in enumerate(outputs):
        for name, tensor in zip(("conditional", "unconditional", "perturbed"), names):
            tensors[f"{step}.{name}"] = tensor
    for scale in (0.0, 0.6, 7.5):
        for rescale in (0.0, 0.7, 1.0):
            guider = ClassifierFreeGuidance(scale, rescale)
            run(cases, outputs, guider, dict(scale=scale, rescale=rescale))
    for momentum in (None, -0.5, 0.9):
        for threshold in (0.0, 5.0, 25.0):
            for eta in (0.0, 0.4, 1.0):
                guider = AdaptiveProjectedGuidance(
                    7.5, adaptive_projected_guidance_momentum=momentum, adaptive_projected_guidance_rescale=threshold,
                    eta=eta, guidance_rescale=0.3)
                run(cases, outputs, guider, dict(
                    scale=7.5, rescale=0.3, momentum=momentum, threshold=threshold, eta=eta))
    mixin = PAGMixin()
    mixin._pag_adaptive_scale, mixin.pag_applied_layers = 0, ["mid"]
    for scale in (1.0, 7.5):
        for pag in (0.5, 3.0):
            mixin._pag_scale = pag
            name = f"expected.{len(cases)}"
            for step, (present, absent, perturbed) in enumerate(outputs):
                parts = [absent, present, perturbed] if scale > 1 else [present, perturbed]
                tensors[f"{name}.{step}"] = mixin._apply_perturbed_attention_guidance(
                    torch.cat(parts), scale > 1, scale, 0)
            cases.append(dict(scale=scale, rescale=0.0, perturbed=pag))
    return cases


def run(cases, outputs, guider, settings):
    for step, (present, absent, _) in enumerate(outputs):
        enabled(guider, step, STEPS)
        if step == 0 and getattr(guider, "adaptive_projected_guidance_momentum", None) is not None:
            guider.prepare_inputs({"x": (present, absent)})
        tensors[f"expected.{len(cases)}.{step}"] = guider.forward(present, absent).pred
    cases.append(settings)


def intervals():
    """Which steps are guided."""
    return [
        dict(start=start, stop=stop, count=count, guided=[
            step for step in range(count)
            if enabled(ClassifierFreeGuidance(7.5, start=start, stop=stop), step, count)._is_cfg_enabled()])
        for start in (0.0, 0.1, 0.29, 1 / 3, 0.5) for stop in (0.5, 0.58, 2 / 3, 0.9, 1.0) for count in (1, 7, 10, 29, 100)]


def network(x, t, condition):
    return 0.9 * x * (t / (t + 1)) + 0.1 * torch.sin(3 * x + t / 100 + condition)


def cfg_pp():
    cases = []
    for zero in (False, True):
        for spacing in ("linspace", "trailing", "leading"):
            for prediction in ("epsilon", "v_prediction", "sample"):
                for steps in (1, 2, 9):
                    for scale in (0.6, 1.0, 1.7):
                        for ancestral in (False, True):
                            settings = dict(SD, rescale_betas_zero_snr=zero, timestep_spacing=spacing, prediction_type=prediction)
                            # Epsilon prediction has nothing to divide by at zero terminal SNR.
                            if zero and (prediction == "epsilon" or spacing == "leading"):
                                continue
                            tensors[f"cfg_pp.{len(cases)}"] = euler(settings, steps, scale, ancestral)
                            cases.append(dict(settings=settings, steps=steps, scale=scale, ancestral=ancestral))
    return cases


def euler(settings, steps, scale, ancestral):
    scheduler = EulerDiscreteScheduler(**settings)
    scheduler.set_timesteps(steps)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((1, 2, 3, 4), generator=generator) * scheduler.init_noise_sigma

    def denoised(x, sigma, t, condition):
        output = network(x / (sigma**2 + 1) ** 0.5, float(t), condition)
        if settings["prediction_type"] == "epsilon":
            return x - sigma * output
        if settings["prediction_type"] == "sample":
            return output
        return output * (-sigma / (sigma**2 + 1) ** 0.5) + x / (sigma**2 + 1)

    for t, sigma, after in zip(scheduler.timesteps, scheduler.sigmas, scheduler.sigmas[1:]):
        present, absent = denoised(x, sigma, t, 0), denoised(x, sigma, t, 1)
        guided = absent + scale * (present - absent)
        if after == 0:
            x = guided
            continue
        direction = (x - absent) / sigma
        up = (after**2 * (sigma**2 - after**2) / sigma**2) ** 0.5 if ancestral else 0
        down = (after**2 - up**2) ** 0.5 if ancestral else after
        x = guided + down * direction
        if ancestral:
            x = x + torch.randn(x.shape, generator=generator) * up
    return x


if __name__ == "__main__":
    torch.set_num_threads(1)
    exact_square_roots()
    document = dict(cases=wrappers(), intervals=intervals(), cfg_pp=cfg_pp())
    save_file({k: v.contiguous() for k, v in tensors.items()}, HERE / "guidance.safetensors")
    (HERE / "guidance.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(len(document["cases"]), "cases,", len(document["cfg_pp"]), "of CFG++")
