// What the judge says of a sweep's run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kennel/contract/robot_contract.h"

namespace kennel {

/// A number by which settings are compared; the smaller, the better.
struct SweepFigure {
  std::string key;  // "randomised_falls"
  std::string study, name, unit;
  int decimals;
};

/// Of a robot's task, in the order of the tables: what it is told, falls, the change of the joint
/// targets from one control step to the next, the seconds that training took.
std::vector<SweepFigure> sweep_figures(const RobotContract& robot);

/// Whether the gates ask something of this task.
bool has_gates(const RobotContract& robot);

/// How a sweep judges its runs, all of them by the same episodes.
struct SweepJudge {
  std::uint64_t seed = 7;
  int episodes = 96;  // a condition; a slow command has its share, as in the gates
  int threads = 0;
};

/// Where a run's judgement is: in its folder.
inline std::filesystem::path judgement_file(const std::filesystem::path& run) {
  return run / "judgement.json";
}

/// Judges a run's newest policy and writes `judgement.json` into its folder.
/// \return the exit code
int run_sweep_judge(const std::filesystem::path& run, const SweepJudge& judge);

/// A run's judgement; nothing where there is none of this judge and these steps.
///   {"env_steps", "judge_seed", "judge_episodes", "walks", "obeys", "missed", "figures": {...}}
/// `walks`, `obeys`, `missed` are null where the gates ask nothing.
std::optional<nlohmann::ordered_json> read_judgement(const std::filesystem::path& run,
                                                     std::int64_t env_steps,
                                                     const SweepJudge& judge);

}  // namespace kennel
