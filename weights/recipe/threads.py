"""How many threads a training takes."""

import torch


class Threads:
    """As many threads as there are idle cores: on a shared machine more only wait for each other."""

    def __init__(self, most):
        self.most, self.busy = most, 0.0

    def adapt(self):
        running = int(open("/proc/loadavg").read().split()[3].split("/")[0])
        self.busy = 0.7 * self.busy + 0.3 * max(0, running - torch.get_num_threads())
        torch.set_num_threads(max(1, self.most - round(self.busy)))
