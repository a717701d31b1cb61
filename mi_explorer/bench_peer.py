"""The same training in torch_mist, run by another interpreter that has it (see ``bench.py``); imports nothing of ours.

Reads lines "seconds" on standard input and answers each with "steps CPU-seconds".
"""

import sys
import time


def main(kind: str, dim: int, correlation: float, batch_size: int, width: int, embedding: int, rate: float) -> None:
    import torch
    from torch_mist.critic.joint import JointCritic
    from torch_mist.critic.separable import SeparableCritic
    from torch_mist.estimators import InfoNCE
    from torch_mist.nn import dense_nn

    torch.set_num_threads(1)
    if kind == "joint":
        critic = JointCritic(dense_nn(2 * dim, 1, [width, width]))
    else:
        critic = SeparableCritic(*(dense_nn(dim, embedding, [width, width]) for _ in range(2)))
    estimator = InfoNCE(critic=critic, neg_samples=0)  # 0 means all pairs of the batch
    optimiser = torch.optim.Adam(estimator.parameters(), lr=rate)
    noise = (1 - correlation**2) ** 0.5

    def step() -> None:
        x = torch.randn(batch_size, dim)
        y = correlation * x + noise * torch.randn(batch_size, dim)
        loss = estimator.loss(x, y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    for line in sys.stdin:
        began, steps, until = time.process_time(), 0, float(line)
        while time.process_time() - began < until:
            step()
            steps += 1
        print(steps, time.process_time() - began, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *(kind(text) for kind, text in zip((int, float, int, int, int, float), sys.argv[2:])))
