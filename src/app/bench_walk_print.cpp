#include "bench_walk_print.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "kennel/core/check.h"
#include "kennel/report/statistics.h"
#include "kennel/run/build_info.h"
#include "kennel/run/progress_line.h"

namespace kennel {
namespace {

using judge::Gate;
using judge::Judgement;
using Json = nlohmann::ordered_json;

const char* name_of(Gate gate) { return judge::kGates[static_cast<int>(gate)].name; }

/// The check at which a training stopped.
Check last_of(const WalkTime& time) { return time.checks.empty() ? Check{} : time.checks.back(); }

Json numbers(int episodes, int falls, double velocity_rmse, double yaw_rmse) {
  return {{"episodes", episodes},
          {"falls", falls},
          {"velocity_rmse", velocity_rmse},
          {"yaw_rmse", yaw_rmse}};
}

Json as_json(const Judgement& judgement) {
  const auto of = [](const judge::EvalResult& r) {
    return numbers(r.episodes, r.falls, r.pair_rmse, r.third_rmse);
  };
  Json json = Json::object();
  if (judgement.nominal) json["nominal"] = of(*judgement.nominal);
  if (judgement.randomised) json["randomised"] = of(*judgement.randomised);
  if (const auto& slow = judgement.slow)
    json["slow"] =
        numbers(slow->episodes, slow->falls, slow->worst_pair_rmse, slow->worst_third_rmse);
  return json;
}

Json phases_of(const Check& check) {
  return {{"start_up", check.start_up},
          {"simulator", check.simulator},
          {"policy", check.policy},
          {"update", check.update},
          {"other", check.other()}};
}

/// "61.2", or "never".
std::string seconds_text(double seconds) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", seconds);
  return std::isfinite(seconds) ? buffer : "never";
}

std::string count_of(const Check& check) {
  return count_text(static_cast<double>(check.env_steps));
}

}  // namespace

std::string walk_json(const WalkCommand& command, const RunConfig& config, const WalkTime& time) {
  const Check *walks = time.at(Gate::kWalks), *obeys = time.at(Gate::kObeys);
  const Check last = last_of(time);
  const auto of = [](const Check* check, auto&& what) {
    return check ? Json(what(*check)) : Json();  // null
  };
  const auto seconds = [](const Check& check) { return check.seconds; };
  const auto samples = [](const Check& check) { return check.env_steps; };
  const auto judged = [&](Gate gate) {
    return time.passes[gate] ? as_json(time.passes[gate]->judgement) : Json();
  };
  Json json = {{"seed", time.seed},
               {"seconds", of(walks, seconds)},
               {"obeys_seconds", of(obeys, seconds)},
               {"samples", of(walks, samples)},
               {"obeys_samples", of(obeys, samples)},
               {"phases", of(walks, phases_of)},
               {"obeys_phases", of(obeys, phases_of)},
               {"judged", judged(Gate::kWalks)},
               {"obeys_judged", judged(Gate::kObeys)},
               {"missed", time.passes[command.until] ? Json() : Json(time.passes.missed)},
               {"until", name_of(command.until)},
               {"trained_seconds", last.seconds},
               {"trained_samples", last.env_steps},
               {"checks", time.passes.judged},
               {"judge_seed", command.judge_seed},
               {"seed_use", judge::use_of_seed(command.judge_seed)},
               {"robot", config.robot.name},
               {"recipe", name_of(command.recipe)},
               {"steps", config.train.steps},
               {"num_envs", config.train.num_envs},
               {"device", command.device.cuda ? find_gpu(command.device.index).name : "cpu"},
               {"cpu", cpu_name()}};
  json.update(time.ready);
  json["commit"] = build_info().commit;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_walk_head(const WalkCommand& command) {
  std::printf("judged in MuJoCo, seed %llu (%s)\n\n%-8s%-12s%-10s%10s\n",
              static_cast<unsigned long long>(command.judge_seed),
              judge::use_of_seed(command.judge_seed), "gate", "study", "number", "at most");
  for (const judge::Limit& limit : judge::limits())
    if (limit.gate <= command.until)
      std::printf("%-8s%-12s%-10s%10g %s\n", name_of(limit.gate), limit.study, limit.name,
                  limit.at_most, limit.unit);
  std::printf("\n%40s%s\n%-6s%10s%10s%10s%10s%10s%10s%10s%10s%10s\n", "",
              "   seconds until it walks", "seed", "walks, s", "samples", "obeys, s", "samples",
              "start-up", "simulator", "policy", "update", "other");
  std::fflush(stdout);
}

void print_walk_row(const WalkCommand& command, const WalkTime& time) {
  std::printf("%-6lld", static_cast<long long>(time.seed));
  for (const judge::GateInfo& gate : judge::kGates) {
    const Check* check = time.at(gate.gate);
    const std::string none = gate.gate <= command.until ? "never" : "-";
    std::printf("%10s%10s", check ? seconds_text(check->seconds).c_str() : none.c_str(),
                check ? count_of(*check).c_str() : "-");
  }
  if (const Check* at = time.at(Gate::kWalks))
    for (const double phase : {at->start_up, at->simulator, at->policy, at->update, at->other()})
      std::printf("%10.1f", phase);
  std::printf("\n");
  std::fflush(stdout);
}

std::string walk_summary(const std::vector<WalkTime>& all, Gate gate) {
  std::vector<double> seconds;
  for (const WalkTime& time : all) {
    const Check* check = time.at(gate);
    seconds.push_back(check ? check->seconds : std::numeric_limits<double>::infinity());
  }
  const auto shown = [](double x) { return seconds_text(x) + (std::isfinite(x) ? " s" : ""); };
  return text(name_of(gate), ": median ", shown(report::median(seconds)), ", worst ",
              shown(*std::max_element(seconds.begin(), seconds.end())), " of ", seconds.size(),
              seconds.size() == 1 ? " seed" : " seeds");
}

std::string walk_complaint(const WalkTime& time) {
  const Check last = last_of(time);
  return text("seed ", time.seed, " never ", time.passes[Gate::kWalks] ? "obeyed" : "walked",
              ": after ", seconds_text(last.seconds), " s and ", count_of(last), " steps ",
              time.passes.judged == 0 ? "nothing was judged" : time.passes.missed,
              "; try more --steps or --minutes, or another recipe");
}

}  // namespace kennel
