"""A policy file's network in numpy, beside a forward pass that is written out."""
import json
import math

import numpy as np
import pytest

import kennel
from kennel.policy_numpy import load_policy

WRITTEN_OUT = {
    "": lambda x: x,
    "tanh": lambda x: [math.tanh(v) for v in x],
    "relu": lambda x: [max(v, 0.0) for v in x],
    "elu": lambda x: [v if v > 0 else math.expm1(v) for v in x],
    "sigmoid": lambda x: [1 / (1 + math.exp(-v)) for v in x],
    "softmax": lambda x: [math.exp(v) / sum(math.exp(w) for w in x) for v in x],
}


def layer(inputs, outputs, activation, seed):
    numbers = np.random.default_rng(seed).normal(size=(inputs + 1, outputs)).round(3).tolist()
    return {"type": "dense", "activation": activation, "shape": [None, outputs], "weights": [numbers[:-1], numbers[-1]]}


def forward(layers, x):
    for one in layers:
        rows, bias = one["weights"]
        sums = [b + sum(x[i] * rows[i][o] for i in range(len(rows))) for o, b in enumerate(bias)]
        x = WRITTEN_OUT[one["activation"]](sums)
    return x


@pytest.fixture
def file(tmp_path):
    """A policy of two layers with a golden pair; returns what writes it changed."""
    layers = [layer(5, 7, "elu", 1), layer(7, 3, "tanh", 2)]
    obs = [0.3, -0.2, 0.9, -1.4, 0.1]
    whole = {"in_shape": [None, 5], "layers": layers, "golden": {"obs": obs, "action": forward(layers, obs)}}

    def write(**changed):
        path = tmp_path / "policy.json"
        path.write_text(json.dumps({**whole, **changed}))
        return path

    return write


@pytest.mark.parametrize("activation", WRITTEN_OUT)
def test_every_activation_is_what_the_formula_says(file, activation):
    layers = [layer(5, 4, activation, 3), layer(4, 2, "", 4)]
    obs = [0.7, -1.1, 0.2, 2.5, -0.4]
    policy = load_policy(file(layers=layers, golden=None))
    np.testing.assert_allclose(policy(obs), forward(layers, obs), rtol=2e-5, atol=2e-6)


def test_many_observations_are_each_as_alone(file):
    policy = load_policy(file())
    obs = np.random.default_rng(5).normal(size=(11, 5)).astype(np.float32)
    actions = policy(obs)
    assert actions.shape == (11, 3) and actions.dtype == np.float32
    np.testing.assert_allclose(actions, [policy(row) for row in obs], rtol=1e-5, atol=1e-6)


def test_a_damaged_file_is_refused_by_its_golden_pair(file):
    layers = [layer(5, 7, "elu", 1), layer(7, 3, "tanh", 2)]
    layers[0]["weights"][0][2][3] += 0.5
    with pytest.raises(kennel.Error, match="golden action is .* off"):
        load_policy(file(layers=layers))


@pytest.mark.parametrize("changed, said", [
    ({"layers": []}, "no layers"),
    ({"layers": None, "gait": {}}, "gait"),
    ({"layers": [layer(5, 7, "gelu", 1)]}, 'activation "gelu" is unknown'),
    ({"layers": [layer(5, 7, "elu", 1), layer(6, 3, "", 2)]}, "takes 6 numbers, and the one before gives 7"),
    ({"layers": [{"weights": [[[1.0], [1.0, 2.0]], [0.0]]}]}, "expected weights"),
])
def test_what_is_no_policy_is_said_in_a_line(file, changed, said):
    with pytest.raises(kennel.Error, match=said) as refused:
        load_policy(file(**changed))
    assert "\n" not in str(refused.value)


def test_an_observation_of_another_size_is_refused(file):
    with pytest.raises(kennel.Error, match=r"\(\.\.\., 5\), got \(4,\)"):
        load_policy(file())([0.0] * 4)


def test_what_is_no_json_is_said(tmp_path):
    (tmp_path / "policy.json").write_text("[1, 2")
    with pytest.raises(kennel.Error, match="not one JSON object"):
        load_policy(tmp_path / "policy.json")
