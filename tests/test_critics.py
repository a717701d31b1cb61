"""Critics: one body over the registry, and the hand-written passes against the network written the obvious way."""

import copy
import itertools
import threading

import pytest
import torch
from torch import nn

from mi_explorer import ParameterError, critics, distributions, fused

DIM_X, DIM_Y, N = 3, 2, 6
SHAPES = [(), (2,), (2, 3)]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(*leading, n=N, m=N):
    return torch.randn(*leading, n, DIM_X, generator=generator(1)), torch.randn(*leading, m, DIM_Y, generator=generator(2))


def make(name, replicates=(), **options):
    if name != "bilinear":
        options.setdefault("width", 16)
    return critics.make(name, DIM_X, DIM_Y, replicates=replicates, generator=generator(), **options)


def one_of(critic, single, index):
    """``single`` with the weights of one replicate of ``critic``."""
    single.load_state_dict({name: values[index] for name, values in critic.state_dict().items()})
    return single


@pytest.mark.parametrize("replicates", SHAPES)
@pytest.mark.parametrize("name", critics.registry)
def test_registry(name, replicates):
    critic = make(name, replicates)
    x, y = batch(*replicates[-1:])
    scores = critic(x, y)

    # shapes and types: float64 samples are cast, leading axes that are missing are shared
    assert scores.shape == (*replicates, N, N) and scores.dtype == torch.float32
    assert torch.equal(critic(x.double(), y.double()), scores)
    assert torch.allclose(critic(x[..., :4, :], y), scores[..., :4, :], atol=1e-6)
    shared = critic(x.reshape(-1, N, DIM_X)[0], y.reshape(-1, N, DIM_Y)[0])
    assert shared.shape == (*replicates, N, N)

    # orientation: rows are x, columns are y
    other = x.clone()
    other[..., 1, :] += 1
    changed = (critic(other, y) - scores).abs().flatten(0, -3).sum(0) if replicates else (critic(other, y) - scores).abs()
    assert changed[1].min() > 0 and changed[[0, *range(2, N)]].max() < 1e-5
    other = y.clone()
    other[..., 1, :] += 1
    changed = (critic(x, other) - scores).abs().flatten(0, -3).sum(0) if replicates else (critic(x, other) - scores).abs()
    assert changed[:, 1].min() > 0 and changed[:, [0, *range(2, N)]].max() < 1e-5

    # every replicate is a critic of its own, in its values and in its gradients
    weights = torch.randn(scores.shape, generator=generator(3))
    (scores * weights).sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in critic.parameters())
    for index in itertools.product(*map(range, replicates)):
        single = one_of(critic, make(name), index)
        alone = single(x[index[-1:]], y[index[-1:]])
        assert torch.allclose(alone, scores[index], atol=1e-6)
        (alone * weights[index]).sum().backward()
        for ours, theirs in zip(single.parameters(), critic.parameters()):
            assert torch.allclose(ours.grad, theirs.grad[index], atol=1e-5)

    # the generator decides, and a saved critic comes back
    assert torch.equal(make(name, replicates)(x, y), scores)
    another = critics.make(name, DIM_X, DIM_Y, replicates=replicates, generator=generator(9))
    assert not torch.equal(next(another.parameters()), next(critic.parameters()))
    for restored in (copy.deepcopy(critic), make(name, replicates)):
        restored.load_state_dict(critic.state_dict())
        assert torch.equal(restored(x, y), scores)


@pytest.mark.parametrize("name", critics.registry)
def test_fast_is_close_to_exact(name):
    """bfloat16 keeps 8 bits: a product is wrong by 2^-9 of its terms, a few times over."""
    x, y = batch(2, n=40, m=40)
    values, gradients = [], []
    for precision in critics.PRECISIONS:
        critic = make(name, (2,), precision=precision)
        scores = critic(x, y)
        assert scores.dtype == torch.float32
        scores.square().sum().backward()
        assert all(parameter.dtype == parameter.grad.dtype == torch.float32 for parameter in critic.parameters())
        values.append(scores)
        gradients.append([parameter.grad for parameter in critic.parameters()])
    assert 0 < (values[0] - values[1]).norm() < 2**-6 * values[0].norm()
    for exact, fast in zip(*gradients):
        assert (exact - fast).norm() < 2**-5 * exact.norm()


@pytest.mark.parametrize("name", critics.registry)
def test_gradients_by_differences(name):
    critic = make(name, (2,), **({} if name == "bilinear" else {"width": 5})).double()
    x, y = (side.double().requires_grad_() for side in batch(2, n=4, m=3))
    parameters = dict(critic.named_parameters())

    def scores(x, y, *values):
        return torch.func.functional_call(critic, dict(zip(parameters, values)), (x, y))

    assert torch.autograd.gradcheck(scores, (x, y, *parameters.values()))


def plain_scores(critic, x, y):
    """The same joint critic written the obvious way: all pairs, concatenated, through one MLP."""
    layers = []
    for layer in (critic.first, critic.second, critic.last):
        linear = nn.Linear(*layer.weight.shape, dtype=layer.weight.dtype)
        linear.weight, linear.bias = nn.Parameter(layer.weight.detach().T), nn.Parameter(layer.bias.detach())
        layers += [linear, nn.ReLU()]
    pairs = torch.cat([x[:, None].expand(-1, len(y), -1), y[None].expand(len(x), -1, -1)], -1)
    return nn.Sequential(*layers[:-1])(pairs).squeeze(-1), layers[:-1:2]


@pytest.mark.parametrize("case", ["one tile", "tiles of several rows", "tiles of part of a row", "too large to keep"])
def test_joint_equals_the_plain_network(case, monkeypatch):
    pairs_per_tile = {"tiles of several rows": 3 * 19 + 5, "tiles of part of a row": 7}.get(case, 10**4)
    monkeypatch.setitem(fused.TILE, "exact", pairs_per_tile * 16)
    if case == "too large to keep":
        monkeypatch.setattr(fused, "KEEP_AT_MOST", 0)
    critic = make("joint").double()
    x, y = (side.double() for side in batch(n=17, m=19))
    weights = torch.randn(17, 19, generator=generator(3), dtype=torch.float64)
    scores = critic(x, y)
    (scores * weights).sum().backward()
    expected, layers = plain_scores(critic, x, y)
    (expected * weights).sum().backward()
    assert torch.allclose(scores, expected, rtol=1e-12, atol=1e-12)
    for ours, theirs in zip((critic.first, critic.second, critic.last), layers):
        assert torch.allclose(ours.weight.grad.T, theirs.weight.grad, rtol=1e-10, atol=1e-12)
        assert torch.allclose(ours.bias.grad, theirs.bias.grad, rtol=1e-10, atol=1e-12)


def test_a_graphics_card_takes_all_pairs_at_once_and_gets_the_same():
    critic = make("joint", (2,)).double()
    hidden = torch.randn(2, 2, N, 16, generator=generator(4), dtype=torch.float64).requires_grad_()
    upper = [critic.second.weight, critic.second.bias, critic.last.weight.squeeze(-1)]
    tiled = fused.score_pairs(hidden[0], hidden[1], *upper, "exact", fused.Buffers())
    at_once = fused.score_all_pairs(hidden[0], hidden[1], *upper, "exact")
    assert torch.allclose(tiled, at_once, rtol=1e-12, atol=1e-12)
    weights = torch.randn(tiled.shape, generator=generator(3), dtype=torch.float64)
    for ours, theirs in zip(*(torch.autograd.grad((s * weights).sum(), [hidden, *upper]) for s in (tiled, at_once))):
        assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_memory_is_used_again_but_never_too_early():
    critic = make("joint")
    x, y = batch()
    first, second = critic(x, y), critic(2 * x, y)  # two graphs of one critic alive at once
    parameters = list(critic.parameters())
    ours = torch.autograd.grad(first.square().sum(), parameters, retain_graph=True)
    critic(3 * x, y).sum().backward()
    again = torch.autograd.grad(first.square().sum(), parameters)
    assert all(torch.equal(a, b) for a, b in zip(ours, again))
    alone = make("joint")
    alone(2 * x, y).square().sum().backward()
    for parameter, gradient in zip(alone.parameters(), torch.autograd.grad(second.square().sum(), parameters)):
        assert torch.equal(parameter.grad, gradient)

    del first, second
    held = {block.ctypes.data for block in critic.buffers.blocks}
    for _ in range(5):
        critic(x, y).sum().backward()
    assert {block.ctypes.data for block in critic.buffers.blocks} == held  # nothing new for the same sizes
    for n in (3, 4, 5):
        critic(x[:n], y[:4]).sum().backward()
    assert len(critic.buffers.blocks) == 1  # and nothing left from sizes that are over
    with torch.no_grad():
        critic(torch.randn(50, DIM_X), torch.randn(50, DIM_Y))
    assert len(critic.buffers.blocks) == 1


@pytest.mark.parametrize("name", ["joint", "separable"])
def test_threads_do_not_disturb_each_other(name):
    def train(seed):
        draw = generator(seed)
        critic = critics.make(name, DIM_X, DIM_Y, width=32, replicates=(2,), generator=draw)
        optimiser = torch.optim.Adam(critic.parameters(), lr=1e-2)
        for step in range(20):
            n = 8 + 4 * (step % 3)
            scores = critic(torch.randn(2, n, DIM_X, generator=draw), torch.randn(2, n, DIM_Y, generator=draw))
            optimiser.zero_grad()
            (scores.logsumexp(-1) - scores.diagonal(dim1=-2, dim2=-1)).sum().backward()
            optimiser.step()
        return torch.cat([parameter.detach().flatten() for parameter in critic.parameters()])

    alone = [train(seed) for seed in range(4)]
    together = [None] * 4
    threads = [threading.Thread(target=lambda s=s: together.__setitem__(s, train(s))) for s in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(a, b) for a, b in zip(alone, together))


def test_oracle_has_the_same_orientation():
    table = distributions.ZChannel(0.3)
    x, y = table.sample(20, replicates=2, generator=generator())
    scores = critics.Oracle(table)(x, y)
    assert scores.shape == (2, 20, 20)
    for i, j in itertools.product(range(20), repeat=2):
        assert torch.equal(scores[:, i, j], table.log_ratio(x[:, i], y[:, j]))
    assert not torch.equal(scores, scores.mT)


@pytest.mark.parametrize("uses", ["y", "xy"])
def test_baseline(uses):
    baseline = critics.Baseline(DIM_X, DIM_Y, uses=uses, width=16, replicates=(2, 3), generator=generator())
    x, y = batch(3)
    values = baseline(x, y)
    assert values.shape == (2, 3, N)
    assert torch.equal(baseline(x + 1, y), values) == (uses == "y")
    other = y.clone()
    other[:, 1] += 1
    changed = (baseline(x, other) - values).abs().amax((0, 1))
    assert changed[1] > 0 and changed[[0, *range(2, N)]].max() < 1e-5


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: critics.make("deep", 1, 1), ["critic", "'deep'", "'joint'"]),
        (lambda: critics.Joint(0, 1), ["dim_x", "0"]),
        (lambda: critics.Joint(1, 1.5), ["dim_y", "1.5"]),
        (lambda: critics.Separable(1, 1, width=-3), ["width", "-3"]),
        (lambda: critics.Separable(1, 1, embedding=0), ["embedding", "0"]),
        (lambda: critics.Joint(1, 1, replicates=(2, 0)), ["replicates", "0"]),
        (lambda: critics.Bilinear(1, 1, precision="half"), ["precision", "'half'", "'exact'"]),
        (lambda: critics.Baseline(1, 1, uses="x"), ["uses", "'x'", "'xy'"]),
        (lambda: make("joint")(torch.zeros(5, 4), torch.zeros(5, 2)), ["shape of x", "(5, 4)", "(..., n, 3)"]),
        (lambda: make("joint")(torch.zeros(5, 3), torch.zeros(5)), ["shape of y", "(5,)", "(..., n, 2)"]),
        (lambda: make("joint", (4,))(torch.zeros(3, 5, 3), torch.zeros(5, 2)), ["shape of x", "(3, 5, 3)", "(4,)"]),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ParameterError) as error:
        call()
    assert all(word in str(error.value) for word in words), str(error.value)
