#include "metrics_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "kennel/core/check.h"
#include "kennel/core/infinity.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/text_lines.h"

namespace kennel::report {
namespace {

std::vector<std::string_view> cells(std::string_view line) {
  std::vector<std::string_view> found;
  for (;;) {
    const std::size_t comma = line.find(',');
    found.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return found;
    line.remove_prefix(comma + 1);
  }
}

double number(std::string_view cell, const std::string& where) {
  if (cell.empty()) return kNaN;
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  KENNEL_CHECK(error == std::errc() && end == cell.data() + cell.size(), where,
               ": expected a number, got \"", std::string(cell), "\"");
  return value;
}

double mean(const std::vector<double>& values, std::size_t from, std::size_t to) {
  double sum = 0, count = 0;
  for (std::size_t i = from; i < to; ++i)
    if (!std::isnan(values[i])) sum += values[i], ++count;
  return count > 0 ? sum / count : kNaN;
}

}  // namespace

const std::vector<double>* MetricsTable::find(const std::string& name) const {
  const auto at = std::find_if(series.begin(), series.end(),
                               [&](const Series& each) { return each.name == name; });
  return at == series.end() ? nullptr : &at->values;
}

MetricsTable read_metrics(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  const std::string text_of_file = read_file(file.string());
  std::string_view rest = without_byte_order_mark(text_of_file);
  MetricsTable table;
  for (int line_number = 1; !rest.empty(); ++line_number) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;  // a row that is being written
    const auto row = cells(without_carriage_return(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
    const std::string where = text(file.string(), ":", line_number);
    if (line_number == 1) {
      KENNEL_CHECK(row[0] == "step", where, ": expected \"step\" first, got \"",
                   std::string(row[0]), "\"; this is no run's metrics.csv");
      for (std::size_t i = 1; i < row.size(); ++i)
        table.series.push_back({std::string(row[i]), {}});
      continue;
    }
    KENNEL_CHECK(row.size() == table.series.size() + 1, where, ": expected ",
                 table.series.size() + 1, " cells, got ", row.size());
    table.step.push_back(number(row[0], where));
    for (std::size_t i = 1; i < row.size(); ++i)
      table.series[i - 1].values.push_back(number(row[i], where));
  }
  return table;
}

MetricsTable thinned(const MetricsTable& table, std::size_t rows) {
  const std::size_t n = table.step.size(), kept = std::min(rows, n);
  MetricsTable out;
  for (const Series& series : table.series) out.series.push_back({series.name, {}});
  for (std::size_t row = 0; row < kept; ++row) {
    const std::size_t from = row * n / kept, to = (row + 1) * n / kept;
    out.step.push_back(table.step[to - 1]);
    for (std::size_t s = 0; s < out.series.size(); ++s)
      out.series[s].values.push_back(mean(table.series[s].values, from, to));
  }
  return out;
}

}  // namespace kennel::report
