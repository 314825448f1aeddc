#include "sweep_results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <tuple>

#include "kennel/core/check.h"
#include "kennel/report/statistics.h"
#include "text_table.h"

namespace kennel {
namespace {

using Json = nlohmann::ordered_json;

double figure_in(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::infinity();
}

/// TOML as JSON; what only TOML can say stays as it is written.
Json json_of(const std::string& toml) {
  Json json = Json::parse(toml, nullptr, false);
  return json.is_discarded() ? Json(toml) : json;
}

std::string share(int count, int all) { return text(count, '/', all); }

}  // namespace

std::vector<SettingResult> ranked(const SweepFile& file, const std::vector<SweepRun>& runs,
                                  const std::vector<SweepFigure>& figures, std::size_t sort_by) {
  std::vector<SettingResult> results(file.settings.size());
  std::vector<std::vector<std::vector<double>>> seen(
      results.size(), std::vector<std::vector<double>>(figures.size()));
  for (const SweepRun& run : runs) {
    SettingResult& result = results[run.setting];
    result.setting = run.setting;
    ++result.seeds;
    if (run.judgement.is_null()) continue;
    ++result.judged;
    result.walks += run.judgement["walks"] == true;
    result.obeys += run.judgement["obeys"] == true;
    for (std::size_t k = 0; k < figures.size(); ++k)
      seen[run.setting][k].push_back(figure_in(run.judgement["figures"][figures[k].key]));
  }
  for (SettingResult& result : results)
    for (const std::vector<double>& numbers : seen[result.setting])
      result.figures.push_back(report::median(numbers));
  std::stable_sort(results.begin(), results.end(), [&](const auto& a, const auto& b) {
    const auto order = [&](const SettingResult& r) {
      const double figure = r.figures[sort_by];
      return std::tuple(-r.obeys, -r.walks, r.judged == 0, std::isnan(figure) ? 0.0 : figure);
    };
    return order(a) < order(b);
  });
  return results;
}

void print_sweep(const SweepFile& file, const std::vector<SettingResult>& results,
                 const std::vector<SweepFigure>& figures, std::size_t sort_by, bool gates) {
  std::vector<TextColumn> columns;
  for (std::size_t k = 0; k < file.keys.size(); ++k) {
    TextColumn& column =
        columns.emplace_back(TextColumn{{"", file.short_name(file.keys[k]), ""}, {}, false});
    for (const SettingResult& r : results) column.cells.push_back(file.settings[r.setting][k]);
  }
  TextColumn& seeds = columns.emplace_back(TextColumn{{"", "seeds", ""}});
  for (const SettingResult& r : results) seeds.cells.push_back(share(r.judged, r.seeds));
  if (gates) {
    for (const auto count : {&SettingResult::walks, &SettingResult::obeys}) {
      TextColumn& column = columns.emplace_back(
          TextColumn{{"", count == &SettingResult::walks ? "walks" : "obeys", ""}});
      for (const SettingResult& r : results) column.cells.push_back(share(r.*count, r.seeds));
    }
  }
  for (std::size_t k = 0; k < figures.size(); ++k) {
    const SweepFigure& figure = figures[k];
    TextColumn& column = columns.emplace_back(TextColumn{{figure.study, figure.name, figure.unit}});
    for (const SettingResult& r : results)
      column.cells.push_back(fixed_text(r.figures[k], figure.decimals));
  }
  std::printf(
      "medians over seeds, judged in MuJoCo, seed %lld (%s), %d episodes; sorted by %s%s\n\n",
      static_cast<long long>(file.plan.judge_seed),
      judge::use_of_seed(static_cast<std::uint64_t>(file.plan.judge_seed)),
      file.plan.judge_episodes, gates ? "seeds that obey, that walk, then " : "",
      figures[sort_by].key.c_str());
  std::printf("%s", text_table(columns).c_str());
}

std::string sweep_line(const SweepFile& file, const SweepRun& run) {
  Json setting = Json::object();
  for (std::size_t k = 0; k < file.keys.size(); ++k)
    setting[file.keys[k].path] = json_of(file.settings[run.setting][k]);
  const bool judged = !run.judgement.is_null();
  Json json = {{"setting", std::move(setting)},
               {"seed", run.seed},
               {"run", text("runs/", run.name)},
               {"state", judged              ? "complete"
                         : run.error.empty() ? "incomplete"
                                             : "failed"}};
  if (!run.error.empty()) json["error"] = run.error;
  if (judged) {
    for (const auto& [key, value] : run.judgement.items())
      if (key != "figures") json[key] = value;
    json["seed_use"] = judge::use_of_seed(run.judgement["judge_seed"].get<std::uint64_t>());
    json.update(run.judgement["figures"]);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json sweep_table(const SweepFile& file, const std::vector<SettingResult>& results,
                 const std::vector<SweepFigure>& figures, std::size_t sort_by, bool gates) {
  Json columns = Json::array(), rows = Json::array();
  for (const SweepKey& key : file.keys) columns.push_back({file.short_name(key), "", false});
  columns.push_back({"seeds", "", true});
  if (gates) {
    columns.push_back({"walks", "", true});
    columns.push_back({"obeys", "", true});
  }
  for (const SweepFigure& figure : figures) {
    const bool plain = figure.study.empty() || figure.study == "nominal";
    columns.push_back({text(plain ? "" : figure.study + " ", figure.name), figure.unit, true});
  }
  for (const SettingResult& r : results) {
    Json row = file.settings[r.setting];
    if (row.is_null()) row = Json::array();
    row.push_back(share(r.judged, r.seeds));
    if (gates) {
      row.push_back(share(r.walks, r.seeds));
      row.push_back(share(r.obeys, r.seeds));
    }
    for (std::size_t k = 0; k < figures.size(); ++k)
      row.push_back(fixed_text(r.figures[k], figures[k].decimals));
    rows.push_back(std::move(row));
  }
  return {
      {"columns", std::move(columns)},
      {"rows", std::move(rows)},
      {"sorted_by", text(gates ? "seeds that obey, that walk, then " : "", figures[sort_by].key)}};
}

}  // namespace kennel
