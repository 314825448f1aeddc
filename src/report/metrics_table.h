// A run's metrics.csv, thinned for drawing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kennel::report {

struct Series {
  std::string name;            // "reward/track_velocity"
  std::vector<double> values;  // NaN where there is none
};

struct MetricsTable {
  std::vector<double> step;
  std::vector<Series> series;

  /// The values of a series; null where there is none of that name.
  const std::vector<double>* find(const std::string& name) const;
};

/// Without rows before the first iteration has ended; then there may be no file either.
/// \throws Error when the file is not a table of numbers
MetricsTable read_metrics(const std::filesystem::path& file);

/// At most `rows` rows, each the mean of as many neighbours; the step is their last.
MetricsTable thinned(const MetricsTable& table, std::size_t rows);

}  // namespace kennel::report
