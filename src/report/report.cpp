#include "kennel/report/report.h"

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "page_file.h"
#include "report_data.h"

namespace kennel::report {

Subject subject_of(const RunFolder& run, PolicyFile policy) {
  return {run.path().filename().string(), run.policy().filename().string(), std::move(policy),
          &run};
}

void write_report(const Subject& subject, const std::filesystem::path& file,
                  const ReportOptions& options) {
  const std::filesystem::path folder = file.parent_path();
  KENNEL_CHECK(folder.empty() || std::filesystem::is_directory(folder), file.string(),
               ": its folder does not exist; create it, or name another file");
  KENNEL_CHECK(!std::filesystem::is_directory(file), file.string(),
               ": this is a folder; name a file in it");
  write_file_atomically(file, whole_page("report", report_data(subject, options)));
}

}  // namespace kennel::report
