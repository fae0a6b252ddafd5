"""Small random models with what diffusers computes from them.

    pip install torch diffusers safetensors && python make.py

Each folder gets config.json, diffusion_pytorch_model.safetensors (fp16) and reference.safetensors: inputs and outputs
of the same fp16-rounded weights, computed in fp32.
"""

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from diffusers.models.embeddings import get_timestep_embedding
from safetensors.torch import save_file

here = Path(__file__).parent
torch.set_grad_enabled(False)
torch.set_num_threads(1)


def randomize(model, seed, gain=1.0):
    """Weights of a scale at which every layer matters, rounded to fp16."""
    generator = torch.Generator().manual_seed(seed)

    def noise(parameter):
        return torch.randn(parameter.shape, generator=generator)

    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            value = 0.2 * noise(parameter)
        elif parameter.ndim == 1:
            value = 1 + 0.3 * noise(parameter)
        else:
            value = gain * noise(parameter) / parameter[0].numel() ** 0.5
        parameter.copy_(value.half().float())
    return model.eval()


def save(name, model, reference):
    folder = here / name
    folder.mkdir(exist_ok=True)
    config = {key: value for key, value in model.config.items() if not key.startswith("_")}
    config = {"_class_name": type(model).__name__} | config
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "diffusion_pytorch_model.safetensors")
    reference = {key: value.float().contiguous() for key, value in reference.items()}
    save_file(reference, folder / "reference.safetensors")
    size = sum(file.stat().st_size for file in folder.iterdir())
    scales = {key: f"{value.std():.2f}" for key, value in reference.items() if "output" in key}
    print(f"{name}: {size >> 10} KB, {scales}")


small = dict(
    sample_size=8,
    block_out_channels=(8, 16, 16),
    down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    layers_per_block=1,
    norm_num_groups=4,
    attention_head_dim=4,
    cross_attention_dim=24,
)
xl = dict(
    small,
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    attention_head_dim=(1, 2, 4),
    use_linear_projection=True,
    addition_embed_type="text_time",
    addition_time_embed_dim=8,
    projection_class_embeddings_input_dim=20 + 6 * 8,
)


def unet(name, seed, sizes=((8, 8),), timesteps=((601.0, 601.0),), added=None, **config):
    """`added(generator)` gives further arguments; each size is paired with its timesteps."""
    model = randomize(UNet2DConditionModel(**config), seed)
    generator = torch.Generator().manual_seed(seed + 1000)
    tokens = torch.randn(2, 7, model.attention_dim, generator=generator)
    reference = {"tokens": tokens}
    extra, stored = added(generator) if added else ({}, {})
    reference |= stored
    for i, (size, times) in enumerate(zip(sizes, timesteps)):
        latents = torch.randn(2, model.config.in_channels, *size, generator=generator)
        times = torch.tensor(times)
        output = model(latents, times, tokens, **extra).sample
        reference |= {f"{i}.latents": latents, f"{i}.timesteps": times, f"{i}.output": output}
    save(name, model, reference)


UNet2DConditionModel.attention_dim = property(
    lambda model: model.config.cross_attention_dim
    if isinstance(model.config.cross_attention_dim, int)
    else model.config.cross_attention_dim[0]
)


def text_time(generator):
    text = torch.randn(2, 20, generator=generator)
    ids = torch.tensor([[64.0, 48, 0, 0, 64, 48], [512, 768, 16, 0, 1024, 1024]])
    return {"added_cond_kwargs": {"text_embeds": text, "time_ids": ids}}, {"text_embeds": text, "time_ids": ids}


def guidance(generator):
    values = torch.randn(2, 12, generator=generator)
    return {"timestep_cond": values}, {"timestep_cond": values}


def labels(values):
    return lambda generator: ({"class_labels": values}, {"class_labels": values})


def class_vectors(width):
    def make(generator):
        values = torch.randn(2, width, generator=generator)
        return {"class_labels": values}, {"class_labels": values}

    return make


def unets():
    # Four levels of two layers, sizes that are and are not multiples of 8, timesteps fractional and different.
    unet(
        "sd1",
        1,
        sizes=((8, 8), (16, 8), (7, 10), (1, 3)),
        timesteps=((601.0, 601.0), (908.18, 908.18), (999.0, 1.0), (0.0, 41.5)),
        **(
            small
            | dict(
                block_out_channels=(8, 16, 16, 16),
                down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
                up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
                layers_per_block=2,
            )
        ),
    )
    unet("sd2", 2, **(small | dict(attention_head_dim=(2, 4, 4), use_linear_projection=True, upcast_attention=True)))
    unet("sdxl", 3, added=text_time, **(xl | dict(transformer_layers_per_block=(1, 1, 2))))
    unet("lcm", 4, added=guidance, **(small | dict(time_cond_proj_dim=12)))
    unet("inpainting", 5, **(small | dict(in_channels=9)))
    # As Segmind's SSD-1B: depths per layer, other ones going up, a middle of one resnet.
    unet(
        "pruned",
        6,
        sizes=((8, 12),),
        added=text_time,
        **(
            xl
            | dict(
                layers_per_block=(1, 2, 1),
                transformer_layers_per_block=[0, [1, 0], [2]],
                reverse_transformer_layers_per_block=[[1, 2], [0, 1, 1], 1],
                mid_block_type="UNetMidBlock2D",
            )
        ),
    )
    two = dict(
        small,
        block_out_channels=(16, 24),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    )
    # Rare settings, as many as go together.
    unet(
        "rare",
        7,
        sizes=((8, 8), (9, 6)),
        timesteps=((601.0, 20.0), (7.25, 7.25)),
        **(
            two
            | dict(
                only_cross_attention=(True, False),
                cross_attention_dim=(24, 24),
                resnet_time_scale_shift="scale_shift",
                resnet_out_scale_factor=2.0,
                mid_block_scale_factor=1.5,
                center_input_sample=True,
                conv_in_kernel=5,
                conv_out_kernel=1,
                downsample_padding=0,
                act_fn="gelu",
                norm_eps=1e-3,
                flip_sin_to_cos=False,
                freq_shift=1,
                time_embedding_dim=40,
                time_embedding_act_fn="silu",
                timestep_post_act="gelu",
            )
        ),
    )
    one = dict(
        small,
        block_out_channels=(8, 8),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        mid_block_type=None,
        norm_num_groups=4,
    )
    for name, classes in {
        "class-table": (labels(torch.tensor([3, 0])), dict(num_class_embeds=5)),
        "class-timestep": (labels(torch.tensor([30, 7])), dict(class_embed_type="timestep")),
        "class-identity": (class_vectors(32), dict(class_embed_type="identity")),
        "class-projection": (
            class_vectors(10),
            dict(
                class_embed_type="projection", projection_class_embeddings_input_dim=10, class_embeddings_concat=True
            ),
        ),
        "class-simple": (
            class_vectors(10),
            dict(class_embed_type="simple_projection", projection_class_embeddings_input_dim=10),
        ),
    }.items():
        added, config = classes
        unet(name, 8, added=added, **(one | config))


def autoencoder(name, seed, **config):
    model = randomize(AutoencoderKL(**config), seed)
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.randn(2, 3, 16, 24, generator=generator)
    moments = model.encode(pictures).latent_dist
    noise = torch.randn(moments.mean.shape, generator=generator)
    latents = torch.randn(2, model.config.latent_channels, 5, 4, generator=generator)
    save(
        name,
        model,
        {
            "pictures": pictures,
            "mean_output": moments.mean,
            "logvar_output": moments.logvar,
            "noise": noise,
            "sample_output": moments.mean + moments.std * noise,
            "latents": latents,
            "decoded_output": model.decode(latents).sample,
        },
    )


def autoencoders():
    vae = dict(
        block_out_channels=(8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        norm_num_groups=4,
        sample_size=32,
    )
    autoencoder("vae", 20, **vae)
    autoencoder(
        "vae-plain",
        21,
        **(
            vae
            | dict(
                latent_channels=6,
                layers_per_block=2,
                mid_block_add_attention=False,
                use_quant_conv=False,
                use_post_quant_conv=False,
                scaling_factor=1.5,
                shift_factor=0.06,
                act_fn="relu",
            )
        ),
    )


def tiny():
    model = AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        num_encoder_blocks=(1, 2, 1),
        num_decoder_blocks=(2, 1, 1),
    )
    randomize(model, 30)
    generator = torch.Generator().manual_seed(30)
    pictures = torch.randn(2, 3, 16, 24, generator=generator)
    latents = 3 * torch.randn(2, 4, 5, 4, generator=generator)
    save(
        "taesd",
        model,
        {
            "pictures": pictures,
            "encoded_output": model.encode(pictures).latents,
            "latents": latents,
            "decoded_output": model.decode(latents).sample,
        },
    )


def embeddings():
    times = torch.tensor([999.0, 908.18, 500, 41.5, 1, 0.25, 0])
    reference = {"times": times}
    for width, flip, shift in ((320, True, 0), (256, True, 0), (32, False, 1), (7, True, 0)):
        reference[f"{width}"] = get_timestep_embedding(times, width, flip, shift)
    # As the latent consistency pipeline's get_guidance_scale_embedding.
    half = 128
    scales = torch.tensor([7.5, 0.0, 3.25])
    phases = (1000 * scales)[:, None] * torch.exp(
        torch.arange(half) * -(torch.log(torch.tensor(10000.0)) / (half - 1))
    )
    reference |= {"scales": scales, "guidance": torch.cat([phases.sin(), phases.cos()], 1)}
    save_file({key: value.contiguous() for key, value in reference.items()}, here / "embeddings.safetensors")


unets()
autoencoders()
tiny()
embeddings()
