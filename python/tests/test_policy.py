"""A policy gives the actions that its file carries, whatever its observations come in."""
import json

import numpy as np
import pytest

import kennel


@pytest.fixture(scope="module", params=["robot_run", "small_run"])
def policy(request):
    return kennel.load_policy(request.getfixturevalue(request.param))


def test_the_golden_pair(policy):
    obs, action = policy.golden
    assert obs.shape == (policy.obs_size,) and action.shape == (policy.num_actions,)
    assert np.allclose(policy(obs), action, rtol=0, atol=1e-5)


def test_the_contract_is_what_the_file_says_beside_its_layers(robot_run):
    policy = kennel.load_policy(robot_run)
    file = json.loads((robot_run / "policy.json").read_text())
    assert file.pop("layers") and policy.contract == file and len(file["joint_names"]) == 12


def test_rows_are_as_one_by_one(policy):
    obs = np.random.default_rng(1).normal(size=(7, policy.obs_size)).astype(np.float32)
    actions = policy(obs)
    assert actions.shape == (7, policy.num_actions) and actions.dtype == np.float32
    assert np.array_equal(actions, np.stack([policy(row) for row in obs]))
    assert policy(obs[:0]).shape == (0, policy.num_actions)


def test_it_fits_its_environments(policy):
    with kennel.make(task=policy.task, robot=policy.robot or None, num_envs=5, num_threads=1) as env:
        env.step(policy(env.reset()[0]))


def test_tensors_give_tensors(policy):
    torch = pytest.importorskip("torch")
    obs = torch.ones((3, policy.obs_size), requires_grad=True)
    actions = policy(obs)
    assert isinstance(actions, torch.Tensor) and not actions.requires_grad
    assert np.array_equal(actions.numpy(), policy(obs.detach().numpy()))


@pytest.mark.parametrize(
    "obs, error",
    [
        (lambda d: np.zeros((2, d + 1), np.float32), ValueError),
        (lambda d: np.zeros((2, 2, d), np.float32), ValueError),
        (lambda d: np.zeros((2, d), np.float64), TypeError),
        (lambda d: np.zeros((4, d), np.float32)[::2], ValueError),
        (lambda d: [0.0] * d, TypeError),
    ],
)
def test_observations_of_another_kind(policy, obs, error):
    with pytest.raises(error, match="obs") as caught:
        policy(obs(policy.obs_size))
    assert "\n" not in str(caught.value)


def test_exported_json_is_the_same_policy(policy, tmp_path):
    file = tmp_path / "policy.json"
    assert kennel.export(policy, file) == str(file)
    again = kennel.load_policy(file)
    obs = np.random.default_rng(2).normal(size=(3, policy.obs_size)).astype(np.float32)
    assert np.array_equal(policy(obs), again(obs)) and again.robot == policy.robot


def test_exported_header_is_the_command_s(program, robot_run, tmp_path):
    import subprocess

    subprocess.run([program, "export", robot_run, "--format", "c", "-o", tmp_path / "theirs.h"], check=True, capture_output=True)
    kennel.export(robot_run, tmp_path / "ours.h", format="c")
    assert (tmp_path / "ours.h").read_bytes() == (tmp_path / "theirs.h").read_bytes()


def test_files_that_are_no_policy(policy, tmp_path):
    with pytest.raises(kennel.Error, match="missing.json"):
        kennel.load_policy(tmp_path / "missing.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(kennel.Error, match="broken.json"):
        kennel.load_policy(broken)
    with pytest.raises(kennel.Error, match="expected json"):
        kennel.export(policy, tmp_path / "x", format="xml")
