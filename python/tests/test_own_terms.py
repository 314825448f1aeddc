"""Rewards, observations and curricula of one's own."""
import numpy as np
import pytest

import kennel

OTHERS = (
    "track_yaw upright vertical_velocity roll_pitch_rate tilt torque joint_acceleration work action_rate action_acceleration "
    "swing_time trot stand_pose stand_joint_velocity abduction foot_slip elbow_contact fall"
).split()
ALONE = {  # of the native reward the velocity's term alone, and that at once
    "env.reward.only_positive": False,
    "env.reward.track_velocity": 1.0,
    **{f"env.reward.{name}": 0.0 for name in [*OTHERS, "settle_seconds"]},
    **{f"env.late_reward.{name}": 1.0 for name in [*OTHERS, "settle_seconds"]},
}


def track_velocity(env, now):
    """The native term, written anew."""
    command = now["command"][:, :2]
    square = (command**2).sum(axis=1)
    error = ((now["base_linear_velocity"][:, :2] - command) ** 2).sum(axis=1)
    return (np.exp(-error / np.clip(0.25 * square, 0.02, 0.25)) * env.control_dt).astype(np.float32)


def heights(env, now):
    return env.state["base_position"][:, 2:].copy()


def ones(env, now):
    return np.ones(env.num_envs, np.float32)


def made(num_envs=37, **others):
    return kennel.make("pupper-flat", num_envs=num_envs, seed=3, num_threads=1, **others)


def test_a_native_term_written_anew_is_the_native_one_in_every_row(tumbles):
    with made(overrides=ALONE) as native, made(overrides=ALONE, reward=track_velocity) as own:
        native.reset(), own.reset()
        ended = changed = 0
        for step in range(300):
            actions = tumbles(native, step)
            _, _, expected, terminated, truncated, info = native.step(actions)
            _, _, reward, *_ = own.step(actions)
            np.testing.assert_allclose(reward, expected, rtol=5e-6, atol=1e-7)
            ended += (terminated | truncated).sum()
            changed += info["command_changed"].sum()
        assert ended > 0 and changed > 0  # those are the rows where the state is another one by then
        assert reward.std() > 0


def test_an_extra_reward_is_added(waves):
    with made() as native, made(extra_reward=ones) as own:
        native.reset(), own.reset()
        actions = waves(native, 1)
        np.testing.assert_array_equal(own.step(actions)[2], native.step(actions)[2] + 1.0)


def test_the_native_observations_are_the_first_columns_bit_for_bit(waves):
    with made() as native, made(extra_obs=heights) as own:
        assert (own.obs_size, own.privileged_obs_size) == (native.obs_size + 1, native.privileged_obs_size + 1)
        assert own.obs_terms[-1].name == "heights" and own.obs_terms[-1].offset == native.obs_size
        for a, b in zip(native.reset(), own.reset()):
            np.testing.assert_array_equal(a, b[:, :-1])
        for step in range(120):
            actions = waves(native, step)
            expected, got = native.step(actions), own.step(actions)
            for a, b in zip(expected[:2], got[:2]):
                np.testing.assert_array_equal(a, b[:, :-1])
                np.testing.assert_array_equal(b[:, -1], own.state["base_position"][:, 2])


def test_final_observations_have_what_was_true_before_the_reset(tumbles):
    def height(env, now):
        return now["base_height"].copy()

    with made(extra_obs=height) as env:
        env.reset()
        ended = 0
        for step in range(300):
            _, _, _, terminated, truncated, info = env.step(tumbles(env, step))
            rows = terminated | truncated
            ended += rows.sum()
            final = info["final_privileged_obs"]
            base = next(term for term in env.privileged_obs_terms if term.name == "base_height")
            np.testing.assert_array_equal(info["final_obs"][rows, -1], final[rows, base.offset])
        assert ended > 0


def test_a_masked_reset_leaves_other_rows_as_they_were(waves):
    with made(extra_obs=heights) as env:
        env.reset()
        before = env.step(waves(env, 0))[0].copy()
        mask = np.arange(env.num_envs) % 3 == 0
        after, _ = env.reset(mask)
        np.testing.assert_array_equal(after[~mask], before[~mask])
        assert (after[mask] != before[mask]).any(axis=1).all()


def test_what_was_returned_stays_until_the_call_after_the_next(waves):
    with made(extra_obs=heights, extra_reward=ones) as env:
        first, _ = env.reset()
        kept = first.copy()
        _, _, reward, *_ = env.step(waves(env, 0))
        np.testing.assert_array_equal(first, kept)
        kept = reward.copy()
        env.step(waves(env, 1))
        np.testing.assert_array_equal(reward, kept)


def test_a_curriculum_sets_parameters_of_episodes_that_begin(waves):
    seen = []

    def slippery(env, began):
        seen.append(began.copy())
        env.params["friction"][began] = 0.25
        env.progress = min(1.0, len(seen) / 100)

    with made(curriculum=slippery) as env:
        env.reset()
        assert seen[0].all()
        for step in range(510):
            *_, terminated, truncated, _ = env.step(waves(env, step))
            np.testing.assert_array_equal(seen[-1], terminated | truncated)
            np.testing.assert_array_equal(env.params["friction"], np.float32(0.25))
        assert env.progress == 1.0 and np.any(seen[1:])


def test_tensors_are_given_and_taken():
    torch = pytest.importorskip("torch")

    def slow(env, now):
        assert isinstance(now["joint_velocity"], torch.Tensor) and isinstance(env.state["action"], torch.Tensor)
        return -now["joint_velocity"].square().sum(-1)

    with made(output="torch", reward=slow, extra_obs=lambda env, now: now["base_linear_velocity"]) as env:
        obs, _ = env.reset()
        assert obs.shape == (37, 75) and obs.dtype == torch.float32
        reward = env.step(torch.zeros(37, 12))[2]
        assert isinstance(reward, torch.Tensor) and (reward < 0).all()


@pytest.mark.parametrize("adapter", ["gymnasium", "sb3", "isaaclab", "rsl_rl"])
def test_adapters_take_them_through(adapter):
    pytest.importorskip({"sb3": "stable_baselines3", "isaaclab": "gymnasium"}.get(adapter, adapter))
    if adapter in ("isaaclab", "rsl_rl"):
        torch = pytest.importorskip("torch")
        zeros, given = torch.zeros(4, 12), dict(extra_reward=lambda env, now: torch.full((4,), 7.0), extra_obs=lambda env, now: torch.full((4, 2), 5.0))
    else:
        zeros, given = np.zeros((4, 12), np.float32), dict(
            extra_reward=lambda env, now: np.full(4, 7, np.float32), extra_obs=lambda env, now: np.full((4, 2), 5, np.float32)
        )
    module = getattr(kennel, adapter)
    env = getattr(module, "Env" if adapter == "isaaclab" else "VectorEnv" if adapter == "gymnasium" else "VecEnv")("pupper-flat", 4, seed=1, num_threads=1, **given)
    if adapter == "sb3":
        assert env.observation_space.shape == (74,)
        obs = env.reset()
        env.step_async(zeros)
        obs, reward, _, _ = env.step_wait()
    elif adapter == "rsl_rl":
        groups, reward, _, _ = env.step(zeros)
        assert groups["privileged"].shape == (4, 89)
        obs = groups["policy"]
    else:
        space = env.single_observation_space if adapter == "gymnasium" else env.single_observation_space["policy"]
        assert space.shape == (74,)
        env.reset(seed=1)
        obs, reward, *_ = env.step(zeros)
        obs = obs if adapter == "gymnasium" else obs["policy"]
    assert obs.shape == (4, 74) and (obs[:, -2:] == 5).all() and (reward > 6).all()
    env.close()


@pytest.mark.parametrize(
    "returned, error, says",
    [
        (lambda env, now: np.zeros((37, 1), np.float32), kennel.Error, r"returned the shape \(37, 1\); expected numpy \(37,\)"),
        (lambda env, now: np.zeros(37), TypeError, "returned float64; expected numpy .37,. float32"),
        (lambda env, now: 1.0, TypeError, "returned a builtins.float"),
        (lambda env, now: np.where(np.arange(37) == 5, np.nan, 0).astype(np.float32), kennel.Error, "of environment 5 is not finite"),
        (lambda env, now: np.where(np.arange(37) == 6, np.inf, 0).astype(np.float32), kennel.Error, "of environment 6 is not finite"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line_with_the_functions_name(returned, error, says):
    returned.__name__ = "mine"
    with made(reward=returned) as env:
        env.reset()
        with pytest.raises(error, match="reward = mine.*" + says) as caught:
            env.step(np.zeros((37, 12), np.float32))
        assert "\n" not in str(caught.value)


def test_what_is_no_function_and_no_column_is_refused():
    with pytest.raises(TypeError, match="reward is a float; expected a function"):
        made(reward=1.0)
    with pytest.raises(kennel.Error, match=r"extra_obs = ones returned the shape \(37,\)"):
        made(extra_obs=ones)
    with made(reward=lambda env, now: now["base_velocity"]) as env:
        env.reset()
        with pytest.raises(KeyError, match="base_velocity is none of base_angular_velocity, .*env.state has more"):
            env.step(np.zeros((37, 12), np.float32))
