// kennel bench: measurements alternate, so that a noisy machine is noisy for all of them, and the
// best of several counts.
#include "bench.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench_rates.h"
#include "kennel/batch/cpu_batch.h"
#include "kennel/batch/physics_bench.h"
#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/lanes/vectors.h"
#include "kennel/run/build_info.h"
#include "kennel/run/run_config.h"
#include "kennel/sim/make_env.h"
#include "subprocess.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

/// One number of environments, measured.
struct Measured {
  Rate physics;
  double env_steps = 0;
  std::string kernel;
  std::optional<double> mujoco;
  std::string mujoco_settings;
  std::optional<TrainRate> training;
};

/// The interpreter and a script of bench/.
std::vector<std::string> python_script(const char* name) {
  const char* python = std::getenv("KENNEL_PYTHON");
  const std::filesystem::path script = std::filesystem::path(KENNEL_SOURCE_DIR) / "bench" / name;
  return {python ? python : KENNEL_PYTHON_PATH, script.string()};
}

/// Becomes bench/gpu_static.py, whose output and exit code are the command's.
[[noreturn]] void show_gpu_static(bool json) {
  std::vector<std::string> command = python_script("gpu_static.py");
  if (json) command.push_back("--json");
  std::vector<char*> argv;
  for (std::string& part : command) argv.push_back(part.data());
  argv.push_back(nullptr);
  std::fflush(stdout);
  ::execvp(argv[0], argv.data());
  fail("cannot start ", command[0], ": ", std::strerror(errno));
}

std::unique_ptr<LineProcess> start_mujoco(const BenchCommand& command,
                                          const std::filesystem::path& model) {
  if (!command.against_mujoco) return nullptr;
  const int threads = command.threads > 0 ? command.threads : num_usable_cores();
  std::vector<std::string> line = python_script("mujoco_batch.py");
  for (const std::string& part : {model.string(), std::string("--threads"), std::to_string(threads),
                                  std::string("--seconds"), std::to_string(command.seconds)})
    line.push_back(part);
  auto process = std::make_unique<LineProcess>(line);
  process->ask();  // it tries its settings before the first answer
  return process;
}

BenchPose standing(const quadruped::RobotTraits& robot) {
  return {robot.pose, static_cast<float>(robot.start_height),
          static_cast<float>(robot.fall_height)};
}

Measured measure(const BenchCommand& command, const RunConfig& config, const Robot& robot,
                 int num_envs, LineProcess* mujoco) {
  Measured best;
  const SolverOptions solver{config.env.task.solver_iterations, config.env.task.ls_iterations};
  std::unique_ptr<PhysicsBench> physics;
  if (!command.device.cuda)
    physics = make_physics_bench(to_float(robot.loaded.model), standing(robot.traits), solver,
                                 num_envs, command.threads);
  const std::unique_ptr<EnvBench> env = make_env_bench(command, config, robot, num_envs);
  best.kernel = env->kernel();
  for (int repeat = 0; repeat < command.repeats; ++repeat) {
    std::fprintf(stderr, "%d environments, measurement %d of %d\n", num_envs, repeat + 1,
                 command.repeats);
    if (physics) {
      const Rate rate = physics->measure(command.seconds);
      if (rate.steps_per_s > best.physics.steps_per_s) best.physics = rate;
    }
    if (mujoco) {
      const Json answer = Json::parse(mujoco->ask());
      const double rate = answer.at("mujoco_physics_steps_per_s");
      if (!best.mujoco || rate > *best.mujoco) best.mujoco = rate;
      best.mujoco_settings = answer.at("settings").dump();
    }
    best.env_steps = std::max(best.env_steps, env->measure(command.seconds));
  }
  if (!physics) best.physics.steps_per_s = best.env_steps * config.env.task.decimation;
  if (command.learner) best.training = measure_training(command, config, robot, num_envs);
  return best;
}

/// What learning computes a control step, and how fast, against the machine's most.
void add_flop(Json& out, const TrainRate& rate) {
  const LearnerFlop& flop = rate.flop;
  out["actor_forward_flop"] = flop.actor.forward;
  out["actor_backward_flop"] = flop.actor.backward;
  out["critic_forward_flop"] = flop.critic.forward;
  out["critic_backward_flop"] = flop.critic.backward;
  out["policy_flop_per_step"] = flop.policy();
  out["update_forward_flop_per_step"] = flop.update_forward();
  out["update_backward_flop_per_step"] = flop.update_backward();
  out["policy_flop_per_s"] = rate.policy_flop_per_s();
  out["update_flop_per_s"] = rate.update_flop_per_s();
  if (rate.peak_flop_per_s == 0) return;
  out["peak_flop_per_s"] = rate.peak_flop_per_s;
  out["policy_percent_of_peak"] = 100 * rate.policy_flop_per_s() / rate.peak_flop_per_s;
  out["update_percent_of_peak"] = 100 * rate.update_flop_per_s() / rate.peak_flop_per_s;
}

/// How much of an iteration is played from recordings, and what the host asks for beside them.
void add_requests(Json& out, const DeviceRequests& requests) {
  out["recordings"] = requests.recordings.played;
  out["recorded_operations"] = requests.recordings.operations;
  out["host_operations"] = requests.operations;
  out["host_waits"] = requests.waits;
}

Json as_json(const BenchCommand& command, const RunConfig& config, int num_envs,
             const Measured& m) {
  const BuildInfo build = build_info();
  Json out = {
      {"device", command.device.cuda ? find_gpu(command.device.index).name : "cpu"},
      {"cpu", cpu_name()},
      {"threads", command.threads > 0 ? command.threads : num_usable_cores()},
      {"simd_bits", simd_bits()},
      {"kernel", m.kernel},
      {"commit", build.commit},
      {"num_envs", num_envs},
      {"substeps", config.env.task.decimation},
      {"solver_iterations", config.env.task.solver_iterations},
      {"ls_iterations", config.env.task.ls_iterations},
      {"invweight", config.env.randomization.exact_invweight ? "exact" : "nominal"},
      {"mean_contacts", m.physics.mean_contacts},
      {"physics_steps_per_s", m.physics.steps_per_s},
      {"env_steps_per_s", m.env_steps},
      {"env_over_physics", m.physics.steps_per_s / (m.env_steps * config.env.task.decimation)},
      {"bytes_per_env", quadruped::bytes_per_env(config.env).kept},
      {"output_bytes_per_env", quadruped::bytes_per_env(config.env).output}};
  if (m.mujoco) {
    out["mujoco_physics_steps_per_s"] = *m.mujoco;
    out["mujoco_settings"] = m.mujoco_settings;
    out["ratio"] = m.physics.steps_per_s / *m.mujoco;
  }
  if (m.training) {
    out["train_steps_per_s"] = m.training->steps_per_s;
    out["simulator_share"] = m.training->simulator_share;
    out["policy_share"] = m.training->policy_share;
    out["update_share"] = m.training->update_share;
    if (m.training->requests) add_requests(out, *m.training->requests);
    if (m.training->flop.known()) add_flop(out, *m.training);
  }
  return out;
}

void print_table(const Json& row) {
  for (const auto& [key, value] : row.items())
    std::cout << "  " << key << std::string(28 - std::min<std::size_t>(27, key.size()), ' ')
              << value << '\n';
  std::cout << std::endl;
}

}  // namespace

int run_bench(const BenchCommand& command) {
  if (command.gpu_static) show_gpu_static(command.json);
  RecipeChoice choice = command.recipe;
  choice.on_gpu = command.device.cuda;
  const RunConfig config = load_run_config(choice);
  check_has_robot(config, "kennel bench");
  const Robot robot = load_robot(config.robot);
  const std::unique_ptr<LineProcess> mujoco = start_mujoco(command, config.robot.file());
  std::vector<int> sizes = command.num_envs;
  if (sizes.empty()) sizes = {config.train.num_envs};
  for (const int num_envs : sizes) {
    const Json row =
        as_json(command, config, num_envs, measure(command, config, robot, num_envs, mujoco.get()));
    if (command.json) {
      std::cout << row.dump() << std::endl;
    } else {
      print_table(row);
    }
  }
  return 0;
}

}  // namespace kennel
