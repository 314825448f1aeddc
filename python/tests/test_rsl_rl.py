"""rsl_rl 5.x, its own runner on Kennel's environments."""
import copy

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("rsl_rl")
pytest.importorskip("tensordict")

import kennel  # noqa: E402
from kennel.rsl_rl import VecEnv  # noqa: E402
from rsl_rl.runners import OnPolicyRunner  # noqa: E402

CONFIG = {
    "num_steps_per_env": 16,
    "save_interval": 1000,
    "check_for_nan": True,
    "obs_groups": {"actor": ["policy"], "critic": ["policy", "privileged"]},
    "algorithm": {"class_name": "PPO", "num_learning_epochs": 2, "num_mini_batches": 2},
    "actor": {
        "class_name": "MLPModel",
        "hidden_dims": [32, 32],
        "distribution_cfg": {"class_name": "GaussianDistribution"},
    },
    "critic": {"class_name": "MLPModel", "hidden_dims": [32, 32]},
}


@pytest.fixture
def env():
    made = VecEnv("pupper", num_envs=16, seed=1, num_threads=1)
    yield made
    made.close()


def test_what_it_has_is_what_rsl_rl_asks_for(env):
    obs = env.get_observations()
    assert set(obs.keys()) == {"policy", "privileged"} and obs.batch_size == (16,)
    now, reward, dones, extras = env.step(torch.zeros(16, 12))
    assert now is env.get_observations() and reward.shape == dones.shape == (16,)
    assert dones.dtype == torch.int64 and extras["time_outs"].dtype == torch.bool
    assert env.episode_length_buf.dtype == torch.int64 and int(env.max_episode_length) > 1


def test_observations_are_not_copied(env):
    env.step(torch.zeros(16, 12))
    pointers = {env.env._simulator.slot(k)[name].ctypes.data for k in (0, 1) for name in ("obs", "privileged_obs")}
    assert {tensor.data_ptr() for tensor in env.get_observations().values()} <= pointers


def recorded(runner, steps):
    """What the policy was given at each step, beside what the storage then had."""
    seen, act = [], runner.alg.act

    def recording(obs):
        seen.append(obs["policy"].clone())
        return act(obs)

    runner.alg.act = recording
    stored = []
    update = runner.alg.update

    def before_update():
        stored.append(runner.alg.storage.observations["policy"].clone())
        return update()

    runner.alg.update = before_update
    runner.learn(1)
    return torch.stack(seen), stored[0]


def test_what_is_stored_is_what_the_policy_saw(env):
    seen, stored = recorded(OnPolicyRunner(env, copy.deepcopy(CONFIG), device="cpu"), 16)
    assert torch.equal(seen, stored)


def test_with_a_single_buffer_the_storage_would_have_the_next_observation(env, monkeypatch):
    """The trap that two buffers are for: it is there, and the test above sees it."""
    one = env.get_observations().clone()
    step = env.step

    def into_one_buffer(actions):
        obs, *rest = step(actions)
        one.copy_(obs)
        return one, *rest

    monkeypatch.setattr(env, "step", into_one_buffer)
    monkeypatch.setattr(env, "get_observations", lambda: one)
    seen, stored = recorded(OnPolicyRunner(env, copy.deepcopy(CONFIG), device="cpu"), 16)
    assert not torch.equal(seen, stored)


def test_random_first_lengths_reach_the_simulators_clocks(env):
    runner = OnPolicyRunner(env, copy.deepcopy(CONFIG), device="cpu")
    runner.learn(1, init_at_random_ep_len=True)
    lengths = env.env._simulator.clocks()
    assert len(set(lengths.tolist())) > 8 and lengths.max() > 16


def test_a_time_out_is_told_and_ends_an_episode(env):
    env.episode_length_buf = torch.tensor([int(env.max_episode_length) - 1] + [0] * 15)
    _, _, dones, extras = env.step(torch.zeros(16, 12))
    assert dones[0] == 1 and extras["time_outs"][0] and not extras["time_outs"][1:].any()
    assert env.episode_length_buf[0] == 0


def test_means_are_logged_and_schedules_follow_the_training(env):
    made = VecEnv("pupper", num_envs=16, training_steps=16 * 48, log_interval=24)
    logs = [made.step(torch.zeros(16, 12))[3].get("log") for _ in range(48)]
    assert [k for k, log in enumerate(logs) if log] == [23, 47]
    assert "env/reward" in logs[23] and made.env.progress == 1.0


def test_its_runner_learns_a_small_task():
    """The regulator's return rises from what a beginner earns towards the best, -6.63."""
    torch.manual_seed(1)
    env = VecEnv("lqr", num_envs=64, seed=1)
    config = copy.deepcopy(CONFIG)
    config["obs_groups"] = {"actor": ["policy"], "critic": ["policy"]}
    config["num_steps_per_env"] = 30
    runner = OnPolicyRunner(env, config, device="cpu")

    def mean_return():
        policy = runner.get_inference_policy(device="cpu")
        env.env.reset(seed=9)
        obs, total = env._group(*env.env.reset(seed=9)), torch.zeros(64)
        with torch.inference_mode():
            for _ in range(60):
                obs, reward, _, _ = env.step(policy(obs))
                total += reward
        return float(total.mean())

    before = mean_return()
    env._now = env._group(*env.env.reset(seed=1))
    runner.learn(40)
    after = mean_return()
    assert after > 0.5 * before and after > before + 20, (before, after)


def test_a_change_of_command_can_be_a_time_out():
    made = [VecEnv("pupper", num_envs=64, seed=1, num_threads=1, cut_at_commands=cut) for cut in (False, True)]
    changes = 0
    for _ in range(40):
        (_, _, plain, plain_extras), (_, _, dones, extras) = [env.step(torch.zeros(64, 12)) for env in made]
        changed = dones.bool() & ~plain.bool()
        changes += int(changed.sum())
        assert torch.equal(extras["time_outs"], plain_extras["time_outs"] | changed)
        assert not (made[1].episode_length_buf[changed] == 0).any()  # the episode goes on
    assert changes > 0
    for env in made:
        env.close()
