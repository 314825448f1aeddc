"""Tensors of the simulator's memory."""
import numpy as np
import pytest

import kennel

torch = pytest.importorskip("torch")


@pytest.fixture
def env():
    with kennel.make("pupper", 8, seed=2, output="torch") as made:
        made.reset()
        yield made


def test_tensors_are_the_simulators_memory(env):
    actions = torch.zeros(8, 12)
    for _ in (0, 1):
        index = env._simulator.step(actions)
        obs, privileged_obs, reward, terminated, truncated, info = env._results[index]
        own = env._simulator.slot(index)
        for name, tensor in (("obs", obs), ("privileged_obs", privileged_obs), ("reward", reward),
                             ("terminated", terminated), ("truncated", truncated), *info.items()):
            assert isinstance(tensor, torch.Tensor) and tensor.data_ptr() == own[name].ctypes.data, name
    assert terminated.dtype == torch.bool and obs.dtype == torch.float32
    assert env.state["base_velocity"].data_ptr() == env._simulator.view("base_velocity").ctypes.data


def test_dlpack_shares_the_memory_too():
    with kennel.make("pupper", 8) as env:
        obs, _ = env.reset()
        shared = torch.from_dlpack(obs)
        assert shared.data_ptr() == obs.ctypes.data
        assert np.from_dlpack(obs).ctypes.data == obs.ctypes.data


def test_actions_are_read_where_they_are(env):
    """A step takes what the tensor holds, whichever library it is of, and the same bits come out."""
    actions = torch.linspace(-1, 1, 96).reshape(8, 12)
    results = []
    for given in (actions, actions.numpy()):
        env.reset(seed=2)
        results.append(env.step(given)[0].clone())
    assert torch.equal(*results)


def test_views_are_live_and_writable_tensors(env):
    friction = env.params["friction"]
    friction.fill_(0.4)
    env.step(torch.zeros(8, 12))
    assert torch.equal(friction, torch.full((8,), 0.4)) and friction is env.params["friction"]
    env.episode_length = torch.full((8,), 3)
    assert env.episode_length.dtype == torch.int64 and (env.episode_length == 3).all()


def test_inference_mode_gradients_and_masks(env):
    env.step(torch.zeros(8, 12, requires_grad=True))
    with torch.inference_mode():
        obs = env.step(torch.zeros(8, 12))[0]
        mask = torch.tensor([True] + [False] * 7)
        assert not torch.equal(env.reset(mask)[0][0], obs[0])


def test_bfloat16_observations(env):
    with kennel.make("pupper", 8, seed=2, output="torch", overrides={"env.bfloat16_obs": True}) as half:
        obs, privileged_obs = half.reset()
        assert obs.dtype == privileged_obs.dtype == torch.bfloat16
        assert torch.equal(obs, env.reset(seed=2)[0].bfloat16())


@pytest.mark.parametrize(
    "actions, error, part",
    [
        (lambda a: a.double(), TypeError, "float64"),
        (lambda a: a.bfloat16(), TypeError, "bfloat16"),
        (lambda a: a.t().contiguous().t(), ValueError, "contiguous"),
        (lambda a: a[:4], ValueError, "(4, 12)"),
        (lambda a: a.to("meta"), TypeError, "actions"),
    ],
)
def test_tensors_of_another_kind_are_refused(env, actions, error, part):
    with pytest.raises(error, match=part.replace("(", r"\(").replace(")", r"\)")) as caught:
        env.step(actions(torch.zeros(8, 12)))
    assert "\n" not in str(caught.value)
