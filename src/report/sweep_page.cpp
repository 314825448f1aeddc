#include "kennel/report/sweep_page.h"

#include <algorithm>
#include <cmath>

#include "kennel/io/atomic_file.h"
#include "metrics_table.h"
#include "page_file.h"
#include "page_numbers.h"

namespace kennel::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPoints = 120;

// What says how a training goes, of whatever task.
constexpr const char* kCurves[] = {"env/velocity_error", "env/yaw_error",        "env/tilt_error",
                                   "env/height_error",   "env/falls_per_minute", "env/reward"};

/// {"seed", "step": [...], NAME: [...], ...}
Json curves_of(int seed, const std::filesystem::path& run) {
  const MetricsTable metrics = thinned(read_metrics(run / "metrics.csv"), kPoints);
  Json json = {{"seed", seed}, {"step", metrics.step}};
  for (const char* name : kCurves) {
    const std::vector<double>* values = metrics.find(name);
    if (values == nullptr) continue;
    Json list = Json::array();
    for (const double x : *values) list.push_back(rounded(x));
    json[name] = std::move(list);
  }
  return json;
}

}  // namespace

void write_sweep_page(const SweepPage& page, const std::filesystem::path& file) {
  Json settings = Json::array();
  for (const SweepCurves& setting : page.settings) {
    Json runs = Json::array();
    for (const auto& [seed, folder] : setting.runs) {
      Json curves = curves_of(seed, folder);
      if (!curves["step"].empty()) runs.push_back(std::move(curves));
    }
    settings.push_back({{"label", setting.label}, {"runs", std::move(runs)}});
  }
  const Json data = {{"title", page.title},
                     {"summary", page.summary},
                     {"curves", kCurves},
                     {"table", page.table},
                     {"settings", std::move(settings)}};
  write_file_atomically(file, whole_page("sweep", data));
}

}  // namespace kennel::report
