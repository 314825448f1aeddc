#include "eval_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "kennel/core/check.h"

namespace kennel {
namespace {

using judge::Condition;
using judge::EvalResult;

struct Row {
  std::string policy;
  Condition condition;
  EvalResult result;
};

// A line that rewrites itself on a terminal, and nothing where standard error is a file or a pipe.
class ProgressLine {
 public:
  ProgressLine(std::string label, int episodes) : label_(std::move(label)), episodes_(episodes) {}
  ~ProgressLine() {
    if (visible_) std::fprintf(stderr, "\r\033[K");
  }
  void operator()(int done) const {
    if (visible_)
      std::fprintf(stderr, "\r\033[K%s: episode %d of %d", label_.c_str(), done, episodes_);
  }

 private:
  std::string label_;
  int episodes_;
  bool visible_ = isatty(STDERR_FILENO) != 0;
};

std::string json_line(const Row& row, const EvalCommand& command) {
  const EvalResult& r = row.result;
  const nlohmann::ordered_json json = {
      {"policy", row.policy},
      {"condition", judge::name_of(row.condition)},
      {"episodes", r.episodes},
      {"falls", r.falls},
      {"velocity_rmse", r.velocity_rmse},
      {"yaw_rmse", r.yaw_rmse},
      {"standing_drift", r.standing_drift},
      {"torque_rms", r.torque_rms},
      {"action_rate_rms", r.action_rate_rms},
      {"target_rate_rms", r.target_rate_rms},
      {"survival_s", r.survival_s},
      {"diverged", r.diverged},
      {"seed", command.seed},
  };
  return json.dump();
}

void print_table_head(std::size_t width) {
  std::printf("%-*s  %-10s %8s %5s  %9s %8s %8s %8s %8s\n", static_cast<int>(width), "policy",
              "condition", "episodes", "falls", "velocity", "yaw", "drift", "torque", "action");
  std::printf("%-*s  %-10s %8s %5s  %9s %8s %8s %8s %8s\n", static_cast<int>(width), "", "", "", "",
              "rmse m/s", "rad/s", "m/s", "rms N m", "rate rms");
}

void print_table_row(const Row& row, std::size_t width) {
  const EvalResult& r = row.result;
  std::printf("%-*s  %-10s %8d %5d  %9.3f %8.3f %8.3f %8.3f %8.3f\n", static_cast<int>(width),
              row.policy.c_str(), judge::name_of(row.condition), r.episodes, r.falls,
              r.velocity_rmse, r.yaw_rmse, r.standing_drift, r.torque_rms, r.action_rate_rms);
}

EvalResult play(const PolicyFile& policy, const std::string& name, Condition condition,
                const EvalCommand& command) {
  const ProgressLine progress(name + ", " + judge::name_of(condition), command.episodes);
  judge::EvalOptions options;
  options.episodes = command.episodes;
  options.seed = command.seed;
  options.threads = command.threads;
  options.condition = condition;
  options.model = command.model;
  options.on_progress = progress;
  return judge::evaluate(policy, options);
}

}  // namespace

int run_eval(const EvalCommand& command) {
  KENNEL_CHECK(!command.policies.empty(), "eval needs at least one policy file");
  std::vector<PolicyFile> policies;
  std::size_t width = std::string("policy").size();
  for (const std::string& path : command.policies) {
    policies.push_back(load_policy(path));
    width = std::max(width, path.size());
  }
  if (!command.json) print_table_head(width);
  for (const Condition condition : command.conditions) {
    for (std::size_t at = 0; at < policies.size(); ++at) {
      const std::string& path = command.policies[at];
      const Row row{path, condition, play(policies[at], path, condition, command)};
      if (command.json) {
        std::printf("%s\n", json_line(row, command).c_str());
      } else {
        print_table_row(row, width);
      }
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace kennel
