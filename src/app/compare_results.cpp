#include "compare_results.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "compare_judge.h"
#include "compare_table.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"
#include "kennel/judge/judge.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kOvershoot = 1.05;  // of the steps asked for, from which on it is worth a word

/// What runs say of the machine that trained them, each that there is once.
std::string machine_text(const ComparePlan& plan, const char* key) {
  std::set<std::string> seen;
  std::string all;
  for (const StudyRun& run : plan.runs) {
    std::error_code ignored;
    if (!RunFolder::is_run(run.folder)) continue;
    const std::filesystem::path file = RunFolder::open(run.folder).machine();
    if (!std::filesystem::exists(file, ignored)) continue;
    const Json machine = Json::parse(read_file(file), nullptr, false);
    if (!machine.is_object() || !machine.contains(key) || !machine.at(key).is_string()) continue;
    const auto one = machine.at(key).get<std::string>();
    if (seen.insert(one).second) all += (all.empty() ? "" : "; ") + one;
  }
  return all.empty() ? "-" : all;
}

/// The number itself, by as few digits as tell it from all others.
std::string exact_text(double number) {
  char digits[32];
  return {digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr};
}

/// As one word of a shell, where that is not what it is already.
std::string word(const std::string& given) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";
  if (!given.empty() && given.find_first_not_of(kPlain) == std::string::npos) return given;
  std::string out = "'";
  for (const char c : given) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

}  // namespace

std::string judged_text(const ComparePlan& plan, const SweepJudge& judge) {
  return text(plan.small != nullptr ? "in their own task" : "in MuJoCo", ", ", judge.episodes,
              judge.episodes == 1 ? " episode" : " episodes",
              plan.small != nullptr ? "" : " a condition", " of seed ", judge.seed, " (",
              judge::use_of_seed(judge.seed), ')');
}

std::string command_text(const CompareCommand& command, const SweepJudge& judge) {
  const CompareRequest& request = command.request;
  std::string line = "kennel compare";
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) line += text(' ', flag, ' ', word(value));
  };
  for (const std::string& recipe : request.recipes) line += ' ' + word(recipe);
  add("--robot", request.robot);
  add("--task", request.task);
  add("--seeds", std::to_string(request.seeds));
  if (request.steps) add("--steps", std::to_string(*request.steps));
  if (request.minutes) add("--minutes", exact_text(*request.minutes));
  if (command.jobs > 0) add("--jobs", std::to_string(command.jobs));
  if (command.devices.size() == 1)
    add("--device", name_of(command.devices));
  else
    add("--gpus", std::to_string(command.devices.size()));
  add("--measure", command.measure);
  std::string thresholds;
  for (const double threshold : command.thresholds)
    thresholds += (thresholds.empty() ? "" : ",") + exact_text(threshold);
  // With a sign in front it would be taken for a flag.
  if (!thresholds.empty()) line += " --thresholds=" + thresholds;
  add("--judge-seed", std::to_string(judge.seed));
  add("--judge-episodes", std::to_string(judge.episodes));
  add("--out", command.out.string());
  return line;
}

void CompareResults::write_lines(const StudyFolder& folder) const {
  const report::ComparisonFacts facts = report::facts_of(comparison(""));
  std::string lines;
  for (std::size_t k = 0; k < plan_.runs.size(); ++k) {
    const StudyRun& run = plan_.runs[k];
    lines += line_of(run, facts, facts.runs[run.setting][k % seeds()]) + '\n';
  }
  write_file_atomically(folder.lines(), lines);
}

void CompareResults::write_pages(const StudyFolder& folder, const std::string& title,
                                 const std::string& side_by_side) const {
  report::Comparison all = comparison(title);
  for (const char* key : {"processor", "device", "program"})
    all.summary.emplace_back(key, machine_text(plan_, key));
  all.summary.emplace_back("scheduled", side_by_side);
  report::write_compare_page(all, folder.page());
  std::vector<std::pair<std::string, std::string>> head = {
      {"command", text('`', command_text(command_, judge_), '`')}};
  head.insert(head.end(), all.summary.begin(), all.summary.end());
  write_file_atomically(folder.named(".md"), compare_markdown(all, report::facts_of(all), head));
}

void CompareResults::print() const {
  const report::Comparison all = comparison("");
  std::printf("%s, judged %s\n%s", plan_.budget().c_str(), judged_text(plan_, judge_).c_str(),
              compare_text(all, report::facts_of(all)).c_str());
}

std::size_t CompareResults::complete() const {
  return static_cast<std::size_t>(
      std::count_if(plan_.runs.begin(), plan_.runs.end(),
                    [](const StudyRun& run) { return !run.judgement.is_null(); }));
}

std::vector<std::string> CompareResults::overshoots() const {
  std::vector<std::string> warnings;
  if (plan_.request.minutes) return warnings;
  const report::ComparisonFacts facts = report::facts_of(comparison(""));
  for (std::size_t k = 0; k < plan_.recipes.size(); ++k) {
    double most = 0.0;
    for (const report::RunFacts& run : facts.runs[k]) most = std::max(most, run.steps);
    const auto asked = static_cast<double>(plan_.runs[k * seeds()].steps);
    if (most <= kOvershoot * asked) continue;
    warnings.push_back(text(plan_.recipes[k].label, " trained ", static_cast<std::int64_t>(most),
                            " steps, ", std::lround(100.0 * (most / asked - 1.0)),
                            " % more than the ", plan_.runs[k * seeds()].steps,
                            " of all: a training ends with a whole iteration; give more steps, or "
                            "it fewer environments"));
  }
  return warnings;
}

report::Comparison CompareResults::comparison(const std::string& title) const {
  report::Comparison all{.title = title};
  if (!plan_.robot.empty()) all.summary.emplace_back("robot", plan_.robot);
  all.summary.insert(all.summary.end(),
                     {{"task", plan_.task},
                      {"budget", plan_.budget()},
                      {"training seeds", seeds() == 1 ? "1" : text("1 to ", seeds())},
                      {"runs complete", text(complete(), " of ", plan_.runs.size())},
                      {"judged", judged_text(plan_, judge_)}});
  for (std::size_t k = 0; k < plan_.recipes.size(); ++k)
    all.methods.push_back({plan_.recipes[k].label, {}, plan_.whole_episodes[k]});
  for (const StudyRun& run : plan_.runs)
    all.methods[run.setting].runs.push_back(
        {run.seed, run.folder, run.judgement, read_occupancy(run)});
  all.figures = compared_figures(plan_, judge_);
  all.measure = command_.measure;
  all.thresholds = command_.thresholds;
  if (plan_.small != nullptr) {
    all.best = plan_.small->best_return;
    all.summary.emplace_back("best return",
                             text(plan_.small->best_return, ", ", plan_.small->best_from));
  }
  return all;
}

std::string CompareResults::line_of(const StudyRun& run, const report::ComparisonFacts& facts,
                                    const report::RunFacts& own) const {
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(); };
  Json json = {{"recipe", plan_.recipes[run.setting].label},
               {"algorithm", plan_.algorithms[run.setting]},
               {"seed", run.seed},
               {"run", text("runs/", run.name)},
               {"state", !run.judgement.is_null() ? "complete"
                         : run.error.empty()      ? "incomplete"
                                                  : "failed"}};
  if (!run.error.empty()) json["error"] = run.error;
  json["steps"] = static_cast<std::int64_t>(own.steps);
  json["seconds"] = own.seconds;
  json["measure"] = facts.measure;
  json["last"] = number(own.last);
  json["last_return"] = number(own.last_return);
  Json reached = Json::array();
  for (std::size_t k = 0; k < facts.thresholds.size(); ++k) {
    const auto& when = own.reached[k];
    reached.push_back({{"threshold", facts.thresholds[k]},
                       {"steps", when ? Json(static_cast<std::int64_t>(when->steps)) : Json()},
                       {"seconds", when ? Json(when->seconds) : Json()}});
  }
  json["reached"] = std::move(reached);
  if (!run.judgement.is_null()) {
    json["seed_use"] = judge::use_of_seed(judge_.seed);
    json["judgement"] = run.judgement;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kennel
