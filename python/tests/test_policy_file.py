"""A network of one's own as the robot's file."""
import json

import numpy as np
import pytest

import kennel


@pytest.fixture
def layers():
    rng = np.random.default_rng(5)
    sizes = (72, 16, 12)
    return [(rng.normal(0, 0.3, (out, inputs)), rng.normal(0, 0.3, out)) for inputs, out in zip(sizes, sizes[1:])]


def answer(file, obs):
    """What the robot's loader computes."""
    act = {"": lambda y: y, "relu": lambda y: np.maximum(y, 0), "tanh": np.tanh, "elu": lambda y: np.where(y > 0, y, np.expm1(np.minimum(y, 0)))}
    for layer in file["layers"]:
        weights, bias = layer["weights"]
        obs = act[layer["activation"]](obs @ np.array(weights) + np.array(bias))
    return obs


@pytest.mark.parametrize("last", ["", "tanh", "elu"])
def test_the_file_computes_what_was_given(env, layers, last, tmp_path):
    rng = np.random.default_rng(6)
    mean, deviation, obs = rng.normal(size=72), rng.uniform(0.5, 2, 72), rng.normal(size=(9, 72))
    kennel.save_policy(tmp_path / "p.json", env, layers, activation="relu", last_activation=last, mean=mean, deviation=deviation, env_steps=7)
    file = json.loads((tmp_path / "p.json").read_text())
    (w1, b1), (w2, b2) = layers
    y = np.maximum((obs - mean) / deviation @ w1.T + b1, 0) @ w2.T + b2
    y = {"": y, "tanh": np.tanh(y), "elu": np.where(y > 0, y, np.expm1(np.minimum(y, 0)))}[last]
    np.testing.assert_allclose(answer(file, obs), np.clip(y, -1, 1), atol=1e-5)
    assert (np.abs(y) > 1).any() or last == "tanh"
    assert file["env_steps"] == 7 and file["command_ranges"]["yaw_rate"] == [-2.0, 2.0]


def test_pose_and_limits_are_the_environments(layers, tmp_path):
    overrides = {"env.randomization.joint_offset": [0.0, 0.0], "env.target_margin": 0.2, "env.action_scale": 0.75}
    with kennel.make("pupper-flat", 5, seed=1, num_threads=1, overrides=overrides) as env:
        _, privileged_obs = env.reset()
        place = next(t.offset for t in env.privileged_obs_terms if t.name == "joint_position")
        kennel.save_policy(tmp_path / "p.json", env, layers)
        file = json.loads((tmp_path / "p.json").read_text())
        pose = env.state["joint_position"] - privileged_obs[:, place : place + 12]
        np.testing.assert_allclose(np.median(pose, axis=0), file["default_joint_pos"], atol=0.06)  # the encoders' noise
        assert file["action_scale"] == [0.75] * 12
        assert file["joint_lower_limits"][:3] == [-1.02, -0.22, -2.59] and file["joint_upper_limits"][3:6] == [1.02, 0.22, 2.59]


def test_what_does_not_fit_is_said_in_one_line(env, layers, tmp_path):
    path = tmp_path / "p.json"
    with pytest.raises(ValueError, match=r"layers\[0\] weight has shape \(16, 70\); expected \(16, 72\)"):
        kennel.save_policy(path, env, [(layers[0][0][:, :70], layers[0][1]), layers[1]])
    with pytest.raises(ValueError, match="layers put out 16 numbers; expected 12"):
        kennel.save_policy(path, env, layers[:1])
    with pytest.raises(ValueError, match='activation "gelu" is unknown; expected one of tanh'):
        kennel.save_policy(path, env, layers, activation="gelu")
    layers[1][1][3] = np.nan
    with pytest.raises(ValueError, match=r"layers\[1\] bias has numbers that are not finite"):
        kennel.save_policy(path, env, layers)
    with kennel.make("pupper-flat", 2, extra_obs=lambda env, now: now["base_height"]) as wider:
        with pytest.raises(kennel.Error, match="leave extra_obs out"):
            kennel.save_policy(path, wider, layers)
    with kennel.make("pupper-pose", 2) as other:
        with pytest.raises(kennel.Error, match="expected pupper_v3 and walk"):
            kennel.save_policy(path, other, layers)
    assert not path.exists()
