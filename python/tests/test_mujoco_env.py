"""backend="mujoco": the same numbers as the native environments, of the same states; and that it is an environment."""
import tomllib

import numpy as np
import pytest

import kennel

pytest.importorskip("mujoco.batch")
from kennel.mujoco_env import draws, observation, reward  # noqa: E402

QUIET = {f"env.randomization.{name}_noise": 0.0 for name in ("gyro", "gravity", "joint")}
AT_ONCE = {f"env.randomization.{name}_latency": [0.0, 0.0] for name in ("action", "imu")}


@pytest.fixture
def other():
    with kennel.make("pupper", 37, seed=3, num_threads=1, backend="mujoco") as made:
        made.reset()
        yield made


def numbers(views):
    return {name: np.array(views[name], np.float64) for name in views}


def test_observations_equal_the_native_ones_of_the_same_state(waves):
    with kennel.make("pupper", 64, seed=4, overrides={**QUIET, **AT_ONCE}) as env, \
            kennel.make("pupper", 1, backend="mujoco") as other:
        env.reset(), numbers(env.state), numbers(env.params)
        pose = other._robot.pose
        for step in range(40):
            obs, privileged_obs, _, terminated, truncated, info = env.step(waves(env, step))
            s = {**numbers(env.state), **numbers(env.params)}
            rows = ~(terminated | truncated)
            sample = observation.imu(s["base_orientation"], s["base_angular_velocity"])
            reading = observation.imu_reading(sample, s["imu_tilt"], np.zeros((64, 6)))
            joints = s["joint_position"] + s["joint_offset"] - pose
            ours = observation.frame(reading, s["command"], joints, s["action"])
            np.testing.assert_allclose(obs[rows, : observation.FRAME], ours[rows], atol=2e-5)
            elbows = privileged_obs[:, 68:72]  # no named state
            ours = observation.privileged(s, pose, s["contact"], elbows)
            np.testing.assert_allclose(privileged_obs[rows], ours[rows], atol=2e-5)
        assert rows.sum() > 20


@pytest.mark.parametrize("progress", [0.0, 0.4, 1.0])
def test_every_reward_term_equals_the_native_one_of_the_same_state(progress, waves):
    overrides = {"env.reward.only_positive": False, "env.command.standing_fraction": 0.3}
    with kennel.make("pupper", 64, seed=4, overrides=overrides) as env, kennel.make("pupper", 1, backend="mujoco") as other:
        config = tomllib.loads(env.recipe)["env"]
        env.progress = progress
        r = reward.at(config["reward"], config["late_reward"], progress)
        env.reset(), env.stats()
        before, older = numbers(env.state), np.zeros((64, 12))
        seen_terms = set()
        for step in range(80):
            _, privileged_obs, paid, terminated, truncated, info = env.step((1 + step % 2) * 0.5 * waves(env, step))
            s = numbers(env.state)
            whole_batch = not (terminated | truncated).any()
            stats = env.stats()
            if whole_batch:
                s.update(command=before["command"], command_age=before["command_age"], action_before_previous=older,
                         joint_velocity_before=before["joint_velocity"], air_time_before=before["air_time"],
                         foot_contact=s["contact"], touch_down=(s["contact"] > 0) & (before["air_time"] > 0),
                         elbow_contact=privileged_obs[:, 68:72].astype(np.float64), fell=np.zeros(64))
                values = reward.terms(s, r, env.control_dt, other._robot.pose, other._abduction, other._first_pair)
                for name, value in values.items():
                    if name == "elbow_contact":  # the reward's counts from 0 m, what is seen from 1 mm
                        assert stats["reward/elbow_contact"] <= value.mean() + 1e-6
                        values[name] = np.full(64, stats["reward/elbow_contact"])
                        continue
                    assert stats[f"reward/{name}"] == pytest.approx(value.mean(), rel=2e-4, abs=2e-5), (step, name)
                    seen_terms |= {name} if value.any() else set()
                total = reward.total(values, r, env.control_dt, False)
                assert paid.mean() == pytest.approx(total.mean(), rel=2e-4, abs=2e-4)
            # Where an episode began anew the action before the last one is zero.
            older = np.where((terminated | truncated)[:, None], 0.0, before["action"])
            before = numbers(env.state)
        assert seen_terms >= set(values) - {"fall", "elbow_contact"}


def test_its_arrays_are_as_the_native_ones(other, waves):
    with kennel.make("pupper", 37, seed=3) as env:
        env.reset()
        for native, ours in zip(env.step(waves(env, 0)), other.step(waves(env, 0))):
            if hasattr(native, "shape"):
                assert native.shape == ours.shape and native.dtype == ours.dtype
            else:
                assert {k: v.shape for k, v in native.items()} == {k: v.shape for k, v in ours.items()}
        assert env.stats().keys() == other.stats().keys()
        for name in ("num_envs", "num_actions", "obs_size", "control_dt", "max_episode_length", "obs_terms"):
            assert getattr(env, name) == getattr(other, name)


def test_its_means_over_many_are_the_native_ones(waves):
    """Same task, other random numbers: what random waves earn, and how often they end in a fall."""
    means = []
    for backend in ("kennel", "mujoco"):
        with kennel.make("pupper", 512, seed=3, backend=backend) as env:
            env.reset()
            for step in range(100):
                env.step(waves(env, step))
            means.append(env.stats())
    native, ours = means
    for name in ("env/reward", "reward/track_velocity", "reward/track_yaw", "reward/upright", "reward/torque", "reward/foot_slip",
                 "reward/joint_acceleration", "reward/roll_pitch_rate", "env/contacts", "reward/swing_time"):
        assert ours[name] == pytest.approx(native[name], rel=0.1, abs=0.002), name
    assert ours["episode/count"] == pytest.approx(native["episode/count"], rel=0.25, abs=10)


def test_a_fall_and_a_time_out_begin_a_new_episode(waves):
    with kennel.make("pupper", 8, seed=1, backend="mujoco", overrides={"env.episode_seconds": 0.2}) as env:
        env.reset()
        for step in range(env.max_episode_length):
            obs, _, _, terminated, truncated, info = env.step(np.zeros((8, 12), np.float32))
        assert truncated.all() and not terminated.any() and not env.episode_length.any()
        assert not np.array_equal(info["final_obs"], obs) and np.isfinite(obs).all()
    with kennel.make("pupper", 8, seed=1, backend="mujoco", overrides={"env.min_height": 0.3}) as env:
        env.reset()
        assert env.step(np.zeros((8, 12), np.float32))[3].all()


def test_same_seed_same_numbers(waves):
    rows = []
    for _ in range(2):
        with kennel.make("pupper", 16, seed=9, backend="mujoco") as env:
            env.reset()
            for step in range(30):
                obs = env.step(waves(env, step))[0]
            rows.append(obs.copy())
    assert np.array_equal(*rows)


def test_commands_are_a_mixture():
    c = {"vx": [-1, 1], "vy": [-1, 1], "yaw": [-1, 1], "standing_fraction": 0.1, "scaled_fraction": 0.3, "axis_fraction": 0.3,
         "smallest_scale": 0.1}
    command = draws.commands(np.random.default_rng(1), c, 20000)
    told = (command != 0).sum(axis=1)
    assert np.mean(told == 0) == pytest.approx(0.1, abs=0.01) and np.mean(told == 1) == pytest.approx(0.27, abs=0.02)


def test_what_it_has_not_is_said_in_one_line():
    with pytest.raises(kennel.Error, match="the task walk alone"):
        kennel.make("pupper-pose", 2, backend="mujoco")
    with pytest.raises(kennel.Error, match="expected kennel or mujoco"):
        kennel.make("pupper", 2, backend="bullet")
    with kennel.make("pupper", 2, backend="mujoco") as env:
        with pytest.raises(RuntimeError, match="reset"):
            env.step(np.zeros((2, 12), np.float32))
        env.reset()
        with pytest.raises(ValueError, match="finite"):
            env.step(np.full((2, 12), np.nan, np.float32))
    with pytest.raises(RuntimeError, match="closed"):
        env.reset()


def test_what_diverges_ends_its_episode_and_nothing_else(other, waves, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where MuJoCo writes its log
    other.step(waves(other, 0))
    other._physics.qvel[5] = 1e12
    obs, privileged_obs, reward_, terminated, _, info = other.step(waves(other, 1))
    assert terminated[5] and terminated.sum() == 1 and reward_[5] <= 0
    assert other.stats()["env/diverged"] == 1 and not info["final_obs"][5].any()
    assert np.isfinite(obs).all() and np.isfinite(privileged_obs).all()
    assert not other.step(waves(other, 2))[3][5]


def test_another_robot():
    with kennel.make("go1", 4, seed=1, backend="mujoco") as env:
        env.reset()
        for _ in range(25):
            obs, _, _, terminated, _, _ = env.step(np.zeros((4, 12), np.float32))
        assert np.isfinite(obs).all() and not terminated.any()
        assert env._abduction == 0 and env._first_pair.tolist() == [False, True, True, False]
