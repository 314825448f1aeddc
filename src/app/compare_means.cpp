#include "compare_means.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "kennel/core/check.h"
#include "kennel/core/usable_cores.h"
#include "kennel/io/atomic_file.h"
#include "kennel/run/device.h"
#include "kennel/run/paths.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path means_file(const fs::path& out) { return out / "compare.json"; }

std::string budget_text(const CompareMeans& means) {
  if (!means.minutes) return "a number of steps";
  return text(*means.minutes, *means.minutes == 1.0 ? " minute" : " minutes");
}

std::string means_text(const CompareMeans& means) {
  return text(means.threads, means.threads == 1 ? " thread" : " threads", " on ", means.device);
}

}  // namespace

CompareMeans means_of(const ComparePlan& plan, const StudySchedule& schedule) {
  return {plan.request.minutes, schedule.threads, name_of(schedule.devices)};
}

std::optional<CompareMeans> read_means(const fs::path& out) {
  std::error_code ignored;
  if (!fs::exists(means_file(out), ignored)) return {};
  const Json json = Json::parse(read_file(means_file(out)), nullptr, false);
  try {
    CompareMeans means;
    if (!json.at("minutes").is_null()) means.minutes = json.at("minutes").get<double>();
    means.threads = json.at("threads").get<int>();
    means.device = json.at("device").get<std::string>();
    return means;
  } catch (const Json::exception&) {
    fail(shown(means_file(out)),
         ": expected minutes, threads and device of a comparison's runs; take another --out");
  }
}

void write_means(const CompareMeans& means, const fs::path& out) {
  const Json json = {{"minutes", means.minutes ? Json(*means.minutes) : Json()},
                     {"threads", means.threads},
                     {"device", means.device}};
  write_file_atomically(means_file(out), json.dump(2) + "\n");
}

void keep_threads(const CompareMeans& before, int jobs, int runs, StudySchedule& schedule) {
  const int cores = num_usable_cores();
  const bool same_device = before.device == name_of(schedule.devices);
  if (jobs > 0 || !same_device || before.threads < 1 || before.threads > cores) return;
  schedule.threads = before.threads;
  if (!schedule.devices.front().cuda) schedule.jobs = std::clamp(cores / before.threads, 1, runs);
}

std::string check_means(const CompareMeans& before, const CompareMeans& now,
                        const ComparePlan& plan, const fs::path& out) {
  KENNEL_CHECK(before.minutes == now.minutes, shown(out), " has runs of ", budget_text(before),
               ", and ", budget_text(now), " is asked for; take another --out");
  const bool same = before.threads == now.threads && before.device == now.device;
  if (same || std::all_of(plan.runs.begin(), plan.runs.end(), is_trained)) return "";
  KENNEL_CHECK(!now.minutes, shown(out), " has runs of ", budget_text(before), " by ",
               means_text(before), ", and by ", means_text(now),
               " they would be of other worth; leave --jobs out and keep --device and machine, or "
               "take another --out");
  return text(shown(out), " has runs trained by ", means_text(before), ", what is left has ",
              means_text(now), ": seconds are not comparable");
}

}  // namespace kennel
