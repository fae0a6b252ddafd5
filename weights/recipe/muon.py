"""Muon: for matrices and convolutions, momentum whose update is made orthogonal (Jordan et al., 2024)."""

import torch


def orthogonalised(matrices):
    """Newton–Schulz iteration towards U·Vᵀ of each (n, rows, columns) matrix (Jordan et al., Muon)."""
    x = matrices.bfloat16()
    tall = x.size(1) > x.size(2)
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).float()


class Muon:
    """Momentum whose update has all its singular values near one; scaled to the size of an Adam step."""

    def __init__(self, parameters, momentum=0.95, weight_decay=0.02):
        self.shapes = {}
        for p in parameters:
            self.shapes.setdefault((len(p), p[0].numel()), []).append(p)
        self.momentum, self.weight_decay = momentum, weight_decay
        self.buffers = [[torch.zeros_like(p) for p in group] for group in self.shapes.values()]

    @torch.no_grad()
    def step(self, rate):
        for ((rows, columns), group), buffers in zip(self.shapes.items(), self.buffers):
            gradients = [p.grad for p in group]
            torch._foreach_lerp_(buffers, gradients, 1 - self.momentum)
            updates = torch._foreach_lerp(gradients, buffers, self.momentum)
            stacked = orthogonalised(torch.stack([u.reshape(rows, columns) for u in updates]))
            for p, update in zip(group, stacked):
                p.mul_(1 - rate * self.weight_decay)
                p.add_(update.view(p.shape), alpha=-rate * 0.2 * max(rows, columns) ** 0.5)
