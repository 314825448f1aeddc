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
    with pytest.raises(kennel.Error, match=r'layers\[0\].activation is "gelu"; the robot knows tanh'):
        kennel.save_policy(path, env, layers, activation="gelu")
    layers[1][1][3] = np.nan
    with pytest.raises(ValueError, match=r"layers\[1\] bias has numbers that are not finite"):
        kennel.save_policy(path, env, layers)
    with kennel.make("pupper-flat", 2, extra_obs=lambda env, now: now["base_height"]) as wider:
        with pytest.raises(kennel.Error, match="leave extra_obs out"):
            kennel.save_policy(path, wider, layers)
    assert not path.exists()


@pytest.mark.parametrize("id", ["go1", "pupper-pose", "pendulum"])
def test_any_robot_and_task(id, tmp_path):
    with kennel.make(id, 3, seed=2, num_threads=1) as env:
        rng = np.random.default_rng(7)
        layers = [(rng.normal(0, 0.2, (env.num_actions, env.obs_size)), rng.normal(0, 0.1, env.num_actions))]
        kennel.save_policy(tmp_path / "p.json", env, layers)
        policy = kennel.load_policy(tmp_path / "p.json")
        assert (policy.robot, policy.task, policy.control_dt) == (env.robot, env.task, pytest.approx(env.control_dt))
        obs, _ = env.reset()
        (weight, bias), = layers
        low, high = (-1, 1) if env.robot else (-np.inf, np.inf)  # a task without a robot clamps to its file's action_bounds
        np.testing.assert_allclose(policy(obs), np.clip(obs @ weight.T + bias, low, high), rtol=1e-5, atol=1e-5)


def test_the_contract_is_the_programs(robot_run, tmp_path):
    theirs = kennel.load_policy(robot_run)
    with kennel.make(num_envs=2, config=robot_run / "config.toml") as env:
        rng = np.random.default_rng(8)
        kennel.save_policy(tmp_path / "p.json", env, [(rng.normal(size=(12, env.obs_size)), np.zeros(12))], last_activation="tanh", env_steps=theirs.env_steps)
    ours = kennel.load_policy(tmp_path / "p.json").contract
    numbers = ("golden", "weights_checksum")  # of the layers
    assert {k: v for k, v in ours.items() if k not in numbers} == {k: v for k, v in theirs.contract.items() if k not in numbers}


def test_a_model_of_ones_own_needs_its_file_no_more(tmp_path):
    import shutil

    from kennel import shipped

    model = shutil.copy(shipped.mjcf("go1"), tmp_path / "mine.xml")
    with kennel.make(num_envs=2, model=model) as env:
        (tmp_path / "mine.xml").unlink()
        kennel.save_policy(tmp_path / "p.json", env, [(np.zeros((12, env.obs_size)), np.zeros(12))])
        assert kennel.load_policy(tmp_path / "p.json").num_actions == 12


def test_the_same_task_over_mujoco_writes_the_same_file(tmp_path):
    files = []
    for backend in ("kennel", "mujoco"):
        with kennel.make("pupper", 2, seed=1, num_threads=1, backend=backend) as env:
            kennel.save_policy(tmp_path / backend, env, [(np.zeros((12, env.obs_size)), np.zeros(12))])
            files.append((tmp_path / backend).read_text())
    assert files[0] == files[1]
