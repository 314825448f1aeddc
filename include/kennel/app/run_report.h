// The page of a run or of a policy file: what `kennel report` writes.
#pragma once

#include <filesystem>

#include "kennel/report/report.h"

namespace kennel {

/// Judges a robot's policy and writes its page.
/// \param given    folder of a run, or a policy file
/// \param out      file to write; empty: report.html in the run, POLICY.html beside a file
/// \param options  where it names no model, that of the run or of the policy's robot
/// \return the file that was written
/// \throws Error where there is no policy of a robot, or nothing can be written
std::filesystem::path write_report_of(const std::filesystem::path& given,
                                      const std::filesystem::path& out,
                                      report::ReportOptions options);

}  // namespace kennel
