"""What Isaac Lab's environments look like, for skrl."""
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gymnasium")

import kennel.isaaclab  # noqa: E402


@pytest.fixture
def env():
    made = kennel.isaaclab.Env("pupper", num_envs=16, seed=1, num_threads=1)
    yield made
    made.close()


def test_groups_are_the_simulators_memory(env):
    obs, _ = env.reset(seed=1)
    pointers = {env.env._simulator.slot(k)[name].ctypes.data for k in (0, 1) for name in ("obs", "privileged_obs")}
    assert {tensor.data_ptr() for tensor in obs.values()} <= pointers
    assert obs["policy"].shape == (16, *env.single_observation_space["policy"].shape)
    assert obs["critic"].shape == (16, *env.single_observation_space["critic"].shape)
    assert env.unwrapped is env and env.action_space.shape == (16, 12)


def test_skrls_wrapper_hands_the_same_memory_on(env):
    wrappers = pytest.importorskip("skrl.envs.wrappers.torch")
    wrapped = wrappers.wrap_env(env, wrapper="isaaclab")
    wrapped.reset()
    obs, reward, terminated, truncated, _ = wrapped.step(torch.zeros(16, 12))
    slots = [env.env._simulator.slot(k) for k in (0, 1)]
    assert obs.data_ptr() in [slot["obs"].ctypes.data for slot in slots]
    assert wrapped.state().data_ptr() in [slot["privileged_obs"].ctypes.data for slot in slots]
    assert reward.shape == terminated.shape == truncated.shape == (16, 1)
