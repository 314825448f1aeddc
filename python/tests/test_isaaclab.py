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


def test_skrls_ppo_learns_the_small_task(tmp_path):
    wrappers = pytest.importorskip("skrl.envs.wrappers.torch")
    from skrl.agents.torch.ppo import PPO, PPO_CFG
    from skrl.memories.torch import RandomMemory
    from skrl.models.torch import DeterministicMixin, GaussianMixin, Model
    from skrl.trainers.torch import SequentialTrainer

    class Policy(GaussianMixin, Model):
        def __init__(self, **spaces):
            Model.__init__(self, **spaces)
            GaussianMixin.__init__(self)
            self.net = torch.nn.Linear(self.num_observations, self.num_actions)
            self.log_std = torch.nn.Parameter(torch.zeros(self.num_actions))

        def compute(self, inputs, role):
            return self.net(inputs["observations"]), {"log_std": self.log_std}

    class Value(DeterministicMixin, Model):
        def __init__(self, **spaces):
            Model.__init__(self, **spaces)
            DeterministicMixin.__init__(self)
            self.net = torch.nn.Sequential(torch.nn.Linear(self.num_states, 32), torch.nn.ELU(), torch.nn.Linear(32, 1))

        def compute(self, inputs, role):
            return self.net(inputs["states"]), {}

    torch.manual_seed(1)
    env = wrappers.wrap_env(kennel.isaaclab.Env("lqr", num_envs=64, seed=1), wrapper="isaaclab")
    spaces = dict(observation_space=env.observation_space, state_space=env.state_space, action_space=env.action_space, device="cpu")
    models = {"policy": Policy(**spaces), "value": Value(**spaces)}

    def mean_return():
        batch = env.unwrapped.env
        obs, total = batch.reset(seed=9)[0], torch.zeros(64)
        with torch.no_grad():
            for _ in range(60):
                obs, _, reward, *_ = batch.step(models["policy"].net(obs))
                total += reward
        return float(total.mean())

    before = mean_return()
    experiment = {"directory": str(tmp_path), "write_interval": 0, "checkpoint_interval": 0}
    cfg = PPO_CFG(rollouts=30, learning_epochs=4, mini_batches=4, discount_factor=0.95, learning_rate=1e-2, experiment=experiment)
    agent = PPO(models=models, memory=RandomMemory(memory_size=30, num_envs=64, device="cpu"), cfg=cfg, **spaces)
    trainer = {"timesteps": 1200, "headless": True, "disable_progressbar": True, "close_environment_at_exit": False}
    SequentialTrainer(env=env, agents=agent, cfg=trainer).train()
    after = mean_return()
    assert after > before + 20, (before, after)
