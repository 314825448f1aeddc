"""PPO in one file of plain PyTorch, whose robot walks: python examples/ppo.py policy.json, then kennel eval policy.json.

Schulman et al. 2017, with what a walk of many environments asks for: a critic that sees what is true, a learning rate that
follows the divergence, and values at ends that are none (a time limit, a new command) from the observation before them.
"""
import argparse
import time

import kennel
import torch
from torch import nn
from torch.distributions import Normal

args = argparse.ArgumentParser()
args.add_argument("policy", nargs="?", default="policy.json")
args.add_argument("--steps", type=int, default=20_000_000)
args.add_argument("--envs", type=int, default=1024)
args.add_argument("--recipe", default="fast")
args.add_argument("--seed", type=int, default=1)
args = args.parse_args()

NUM_STEPS, EPOCHS, MINIBATCHES = 24, 3, 3
GAMMA, LAMBDA, CLIP = 0.97, 0.95, 0.2
ENTROPY, FINAL_ENTROPY, KL, FINAL_KL, ANNEAL_FROM = 0.01, 0.002, 0.01, 0.004, 0.4
# The recipe's prices of changing actions are for longer trainings, which come to walk before them.
SCHEDULE = {"env.late_reward.from": 0.4, "env.late_reward.until": 0.9, "env.late_reward.action_rate": 10.0, "env.reward.track_yaw": 1.6}


class Normaliser(nn.Module):
    """Observations less their mean over their deviation, of all that came so far."""

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.count = 1e-2

    def update(self, x: torch.Tensor) -> None:  # (rows, size); Chan et al. 1979
        share = len(x) / (self.count + len(x))
        variance, mean = torch.var_mean(x, 0, correction=0)
        off = mean - self.mean
        self.variance += share * (variance - self.variance + (1 - share) * off**2)
        self.mean += share * off
        self.count += len(x)

    def deviation(self) -> torch.Tensor:
        return self.variance.sqrt() + 1e-2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.deviation()


class Mirrored(nn.Module):
    """A policy that answers the mirror image with the mirror image, so that each sample teaches both sides of the robot.

        mean(x) = tanh((f(x) + A f(O x)) / 2),   O and A the left-right maps of observations and actions
    """

    joints, signs = [3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8], [-1.0] * 12  # legs front right, front left, back right, back left

    def __init__(self, env: kennel.Env):
        super().__init__()
        of = {"base_angular_velocity": [-1.0, 1.0, -1.0], "projected_gravity": [1.0, -1.0, 1.0], "command": [1.0, -1.0, -1.0]}
        of["desired_world_z"] = of["projected_gravity"]
        places, signs = [], []
        for term in env.obs_terms:
            name = term.name.split("[")[0]  # of an older frame
            places += [term.offset + place for place in (range(3) if name in of else self.joints)]
            signs += of.get(name, self.signs)
        self.register_buffer("O", torch.eye(env.obs_size)[places] * torch.tensor(signs)[:, None])
        self.register_buffer("A", torch.eye(12)[self.joints] * torch.tensor(self.signs)[:, None])
        self.net = mlp(env.obs_size, env.num_actions, 0.1, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        here, there = self.net(torch.cat([x, x @ self.O.T])).chunk(2)
        return ((here + there @ self.A.T) / 2).tanh()

    def layers(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The same as one network of dense layers: both images side by side."""
        first, second, last = (layer for layer in self.net if isinstance(layer, nn.Linear))
        return [
            (torch.cat([first.weight, first.weight @ self.O]), torch.cat([first.bias] * 2)),
            (torch.block_diag(second.weight, second.weight), torch.cat([second.bias] * 2)),
            (torch.cat([last.weight, self.A @ last.weight], 1) / 2, (last.bias + self.A @ last.bias) / 2),
        ]


def mlp(inputs: int, outputs: int, gain: float, width: int = 96) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs))
    for layer in net[::2]:
        nn.init.orthogonal_(layer.weight, gain if layer is net[-1] else 2**0.5)
        nn.init.zeros_(layer.bias)
    return net


torch.set_num_threads(1)
torch.manual_seed(args.seed)
env = kennel.make("pupper-flat", args.envs, recipe=args.recipe, overrides=SCHEDULE, seed=args.seed, output="torch", num_threads=1)
actor, critic = Mirrored(env), mlp(env.privileged_obs_size, 1, 1.0)
log_std = nn.Parameter(torch.full((env.num_actions,), 0.5).log())
norm, privileged_norm = Normaliser(env.obs_size), Normaliser(env.privileged_obs_size)
parameters = [*actor.parameters(), log_std, *critic.parameters()]
optimizer = torch.optim.Adam(parameters, lr=1e-3)
learning_rate = 1e-3

shape = (NUM_STEPS, args.envs)
obs_of, privileged_of = torch.zeros(*shape, env.obs_size), torch.zeros(*shape, env.privileged_obs_size)
actions, log_probs = torch.zeros(*shape, env.num_actions), torch.zeros(shape)
rewards, values, next_values, done = (torch.zeros(shape) for _ in range(4))

obs, privileged = env.reset()
batch, start = NUM_STEPS * args.envs, time.monotonic()
iterations = -(-args.steps // batch)
for iteration in range(iterations):
    env.progress = progress = iteration / iterations
    anneal = max(0.0, (progress - ANNEAL_FROM) / (1 - ANNEAL_FROM))
    entropy_coef, desired_kl = ENTROPY + anneal * (FINAL_ENTROPY - ENTROPY), KL + anneal * (FINAL_KL - KL)

    with torch.no_grad():
        for t in range(NUM_STEPS):
            obs_of[t], privileged_of[t] = obs, privileged
            policy = Normal(actor(norm(obs)), log_std.exp())
            actions[t] = policy.sample()
            log_probs[t] = policy.log_prob(actions[t]).sum(-1)
            values[t] = critic(privileged_norm(privileged)).squeeze(-1)
            obs, privileged, rewards[t], terminated, truncated, info = env.step(actions[t])
            # A new command is no fault of the action before it: the value is that of the old one, as at a time limit.
            cut = truncated | info["command_changed"]
            done[t] = terminated | cut
            next_values[t] = 0.0
            at = (cut & ~terminated).nonzero().squeeze(-1)
            next_values[t, at] = critic(privileged_norm(info["final_privileged_obs"][at])).squeeze(-1)

        last_value, advantage = critic(privileged_norm(privileged)).squeeze(-1), torch.zeros(args.envs)
        advantages = torch.zeros(shape)
        for t in reversed(range(NUM_STEPS)):
            going_on = last_value if t == NUM_STEPS - 1 else values[t + 1]
            value_after = torch.where(done[t] > 0, next_values[t], going_on)
            delta = rewards[t] + GAMMA * value_after - values[t]
            advantage = delta + GAMMA * LAMBDA * (1 - done[t]) * advantage
            advantages[t] = advantage
        returns = advantages + values
        x, privileged_x = norm(obs_of).flatten(0, 1), privileged_norm(privileged_of).flatten(0, 1)
        old_mean, old_std = actor(x), log_std.exp().clone()
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)

    flat = (actions.flatten(0, 1), log_probs.flatten(), advantages.flatten(), returns.flatten(), values.flatten())
    for _ in range(EPOCHS):
        for rows in torch.randperm(batch).chunk(MINIBATCHES):
            action, old_log_prob, gain, target, old_value = (of[rows] for of in flat)
            mean = actor(x[rows])
            policy = Normal(mean, log_std.exp())
            ratio = (policy.log_prob(action).sum(-1) - old_log_prob).exp()
            surrogate = torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
            value = critic(privileged_x[rows]).squeeze(-1)
            value_loss = (value - target).square().mean()
            loss = value_loss - surrogate - entropy_coef * policy.entropy().sum(-1).mean()
            with torch.no_grad():
                std = log_std.exp()
                kl = (std / old_std).log() + (old_std**2 + (old_mean[rows] - mean) ** 2) / (2 * std**2) - 0.5
                kl = kl.sum(-1).mean().item()
            if kl > 2 * desired_kl:
                learning_rate = max(learning_rate / 1.5, 1e-5)
            elif kl < desired_kl / 2:
                learning_rate = min(learning_rate * 1.5, 1e-2)
            optimizer.param_groups[0]["lr"] = learning_rate
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
    x = obs_of.flatten(0, 1)
    norm.update(torch.cat([x, x @ actor.O.T]))  # of both images, so that normalised ones are images as well
    privileged_norm.update(privileged_of.flatten(0, 1))

    if iteration % 20 == 0 or iteration == iterations - 1:
        stats, seconds = env.stats(), time.monotonic() - start
        steps = (iteration + 1) * batch
        print(
            f"{steps:>10} steps {steps / seconds:8.0f}/s  reward {stats['env/reward']:.3f}  velocity error {stats['env/velocity_error']:.3f} m/s  "
            f"yaw {stats['env/yaw_error']:.3f} rad/s  falls {stats['env/falls_per_minute']:.2f}/min  std {log_std.exp().mean():.2f}  lr {learning_rate:.1e}",
            flush=True,
        )
        layers, deviation = actor.layers(), norm.deviation()
        kennel.save_policy(
            args.policy, env, layers, activation="relu", last_activation="tanh", mean=norm.mean, deviation=deviation, env_steps=steps
        )
print(f"{args.policy}: judge it with kennel eval {args.policy}")
