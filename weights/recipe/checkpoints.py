"""Checkpoints that survive a kill at any moment: written beside, flushed, then renamed over the old one."""

import os

import torch


def save(state, path):
    with open(path + ".new", "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def load(path):
    return torch.load(path, map_location="cpu", weights_only=False) if os.path.exists(path) else None


def write_pid(work):
    """Lets others pause the training (kill -STOP) while they measure something."""
    with open(f"{work}/train.pid", "w") as file:
        file.write(f"{os.getpid()}\n")
