#include "kennel/app/run_report.h"

#include <optional>
#include <string>

#include "kennel/app/run_policy.h"
#include "kennel/judge/model_for.h"

namespace kennel {

std::filesystem::path write_report_of(const std::filesystem::path& given,
                                      const std::filesystem::path& out,
                                      report::ReportOptions options) {
  std::optional<RunFolder> run;
  if (std::filesystem::is_directory(given)) run.emplace(RunFolder::open(given));
  const report::Subject subject =
      run ? report::subject_of(*run, newest_policy(*run))
          : report::Subject{given.filename().string(), given.filename().string(),
                            load_named_policy(given.string())};
  require_robot(subject.policy, given.string(), "kennel report");
  if (options.model.empty()) options.model = judge::model_for(given, subject.policy);
  std::filesystem::path file = out;
  if (file.empty())
    file = run ? run->report() : std::filesystem::path(given).replace_extension(".html");
  report::write_report(subject, file, options);
  return file;
}

}  // namespace kennel
