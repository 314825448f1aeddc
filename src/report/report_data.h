// What a report shows, as the page's JSON. tests/report/sample_report.py makes the same by hand.
#pragma once

#include "episode_record.h"
#include "kennel/report/report.h"

namespace kennel::report {

/// Plays all episodes; takes as long as they do.
Json report_data(const Subject& subject, const ReportOptions& options);

}  // namespace kennel::report
