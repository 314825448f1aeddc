"""Gymnasium's interfaces, against the library."""
import warnings

import numpy as np
import pytest

import kennel

gymnasium = pytest.importorskip("gymnasium")
import kennel.gymnasium  # noqa: E402
from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.vector import AutoresetMode  # noqa: E402

SHORT = {"env.episode_seconds": 0.5, "env.random_first_clock": False}


def vector(mode="SameStep", n=12, **others):
    return gymnasium.make_vec("kennel/Pupper-v0", num_envs=n, autoreset_mode=mode, overrides=SHORT, seed=1, **others)


def zeros(envs):
    return np.zeros(envs.action_space.shape, np.float32)


@pytest.mark.parametrize("id", ["kennel/Pupper-v0", "kennel/PupperPose-v0", "kennel/Go1Joystick-v0", "kennel/Pendulum-v0"])
def test_the_single_environment_is_what_gymnasium_asks_for(id):
    env = gymnasium.make(id)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for known in ("infinity", "not normalized", "symmetric and normalized", "not within the range", "render"):
            warnings.filterwarnings("ignore", message=f".*{known}.*")
        check_env(env.unwrapped, skip_render_check=True)


def test_every_id_is_registered_and_known_by_the_modules_prefix():
    assert len(kennel.gymnasium.register()) == len(kennel.ids())
    with gymnasium.make("kennel:kennel/Lqr-v0") as env:
        assert env.reset(seed=1)[0].shape == (2,)


def test_the_single_environment_ends_at_its_last_observation_and_does_not_reset_itself():
    with gymnasium.make("kennel/Pupper-v0", overrides=SHORT) as env:
        env.reset(seed=1)
        steps, ended = 0, False
        while not ended:
            obs, reward, terminated, truncated, info = env.step(np.zeros(12, np.float32))
            steps, ended = steps + 1, terminated or truncated
        assert steps == 25 and truncated and not terminated
        last = env.unwrapped.env._results[0][5]["final_obs"], env.unwrapped.env._results[1][5]["final_obs"]
        assert any(np.array_equal(obs, each[0]) for each in last)
        assert not np.array_equal(env.reset()[0], obs)


def test_the_vector_environment_has_the_spaces_it_says():
    with_spec = vector()
    obs, infos = with_spec.reset(seed=3)
    assert obs in with_spec.observation_space and obs.dtype == np.float32
    assert with_spec.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert with_spec.spec.id == "kennel/Pupper-v0"
    actions = with_spec.action_space.sample()
    obs, reward, terminated, truncated, infos = with_spec.step(actions)
    assert obs in with_spec.observation_space and reward.shape == (12,) and terminated.dtype == truncated.dtype == bool
    assert infos["privileged_obs"].shape == (12, with_spec.unwrapped.env.privileged_obs_size)
    with_spec.close()
    with_spec.close()


def test_seeds_reproduce_and_without_one_it_goes_on():
    envs = vector()
    first = envs.reset(seed=7)[0].copy()
    assert not np.array_equal(envs.reset()[0], first)
    assert np.array_equal(envs.reset(seed=7)[0], first)
    assert not np.array_equal(envs.reset(seed=8)[0], first)
    with pytest.raises(TypeError, match="one whole number"):
        envs.reset(seed=[1, 2])


def trajectory(envs, steps):
    """Steps of a batch that begins by seed 1: per step (obs, reward, terminated, truncated, infos), copied."""
    out = [(envs.reset(seed=1)[0].copy(),)]
    for step in range(steps):
        obs, reward, terminated, truncated, infos = envs.step(zeros(envs))
        out.append((obs.copy(), reward.copy(), terminated.copy(), truncated.copy(),
                    {k: v.copy() for k, v in infos.items() if isinstance(v, np.ndarray)}))
    return out


def test_same_step_and_next_step_tell_the_same_episode():
    same, following = trajectory(vector("SameStep"), 30), trajectory(vector("NextStep"), 30)
    ends = [np.flatnonzero(step[2] | step[3]) for step in same[1:]]
    assert sum(map(len, ends)) >= 12, "all of them time out"
    env = 0
    end = next(k for k, which in enumerate(ends, 1) if env in which)
    for k in range(1, end):
        assert np.array_equal(same[k][0][env], following[k][0][env]) and same[k][1][env] == following[k][1][env]
    # SAME_STEP: the row is the next episode's, and the last one's is in the infos.
    assert same[end][4]["_final_obs"][env]
    last = same[end][4]["final_obs"][env]
    assert not np.array_equal(same[end][0][env], last)
    # NEXT_STEP: the row is the last one's; the step after pays nothing and begins the next.
    assert following[end][3][env] and np.array_equal(following[end][0][env], last)
    assert "final_obs" not in following[end][4]
    obs, reward, terminated, truncated, _ = following[end + 1]
    assert reward[env] == 0 and not terminated[env] and not truncated[env] and not np.array_equal(obs[env], last)
    assert following[end + 2][1][env] != 0


def test_a_disabled_autoreset_is_the_callers():
    envs = vector("Disabled")
    envs.reset(seed=1)
    for _ in range(25):
        obs, _, terminated, truncated, _ = envs.step(zeros(envs))
    ended = terminated | truncated
    assert ended.any()
    last = obs.copy()
    obs, _ = envs.reset(options={"reset_mask": ended})
    assert (obs[ended] != last[ended]).any(axis=1).all() and np.array_equal(obs[~ended], last[~ended])
    with pytest.raises(ValueError, match="Disabled"):
        vector("SameStep").reset(options={"reset_mask": ended})


def test_statistics_of_episodes_are_recorded():
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(vector())
    envs.reset(seed=1)
    returns, total = [], np.zeros(12)
    for _ in range(25):
        _, reward, terminated, truncated, infos = envs.step(zeros(envs))
        total += reward
        ended = terminated | truncated
        if ended.any():
            assert np.allclose(infos["episode"]["r"][ended], total[ended], rtol=1e-5)
            returns.extend(infos["episode"]["l"][ended])
            total[ended] = 0
    assert returns and max(returns) == 25


def test_wrappers_of_observations_take_the_next_step_mode():
    envs = gymnasium.wrappers.vector.NormalizeObservation(vector("NextStep"))
    envs.reset(seed=1)
    for _ in range(30):
        obs, *_ = envs.step(zeros(envs))
    assert np.isfinite(obs).all() and np.abs(obs.mean()) < 2


def test_a_change_of_command_ends_nothing():
    changes = {**SHORT, "env.command.change_probability": 1.0, "env.command.change_from": 0.0, "env.episode_seconds": 10.0}
    envs = gymnasium.make_vec("kennel/Pupper-v0", num_envs=12, overrides=changes)
    envs.reset(seed=1)
    _, _, terminated, truncated, infos = envs.step(zeros(envs))
    assert infos["command_changed"].any() and infos["_command_changed"].all()
    assert not (infos["command_changed"] & (terminated | truncated)).any()
