#include "kennel/io/metrics_log.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/text_lines.h"

namespace kennel {
namespace {

std::string number_text(double value) {
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 7).ptr;
  return {buffer, end};
}

/// The complete lines of a text; a last line without its line end was cut in half and is left out.
std::vector<std::string_view> complete_lines(std::string_view text) {
  text = without_byte_order_mark(text);
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(without_carriage_return(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> cells;
  for (std::size_t comma = line.find(','); comma != std::string_view::npos;
       comma = line.find(',')) {
    cells.emplace_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  cells.emplace_back(line);
  return cells;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& run_folder,
                       std::optional<std::int64_t> resumed_step)
    : path_(run_folder / "metrics.csv"), events_(run_folder, resumed_step.value_or(-1) + 1) {
  if (std::filesystem::exists(path_)) {
    KENNEL_CHECK(resumed_step.has_value(), path_.string(),
                 " exists already; go on with --resume or choose another folder");
    read_back(*resumed_step);
  }
  csv_ = std::make_unique<AppendFile>(path_);
}

void MetricsLog::read_back(std::int64_t resumed_step) {
  const std::string old = read_file(path_);
  std::vector<std::string_view> lines = complete_lines(old);
  std::string kept;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    std::int64_t step = 0;
    const std::string_view line = lines[row];
    if (row == 0) {
      columns_ = split(line);
      KENNEL_CHECK(columns_.front() == "step", path_.string(),
                   ": expected a first column named step, came '", columns_.front(),
                   "'; move the file away");
      columns_.erase(columns_.begin());
    } else {
      const auto parsed = std::from_chars(line.data(), line.data() + line.size(), step);
      KENNEL_CHECK(parsed.ec == std::errc{}, path_.string(), ":", row + 1,
                   ": expected a step number, came '", line.substr(0, line.find(',')),
                   "'; move the file away");
    }
    if (row == 0 || step <= resumed_step) kept += std::string(line) + '\n';
  }
  if (kept != old) write_file_atomically(path_, kept);
}

void MetricsLog::write(std::int64_t step, std::span<const Scalar> scalars) {
  std::string out;
  std::vector<std::string> columns = columns_;
  if (columns.empty()) {
    out = "step";
    for (const auto& [name, value] : scalars) {
      columns.push_back(name);
      out += ',' + name;
    }
    out += '\n';
  }
  out += std::to_string(step);
  for (const std::string& column : columns) {
    out += ',';
    const auto found = std::find_if(scalars.begin(), scalars.end(),
                                    [&](const Scalar& scalar) { return scalar.first == column; });
    if (found != scalars.end() && !std::isnan(found->second)) out += number_text(found->second);
  }
  csv_->append(out + '\n');
  columns_ = std::move(columns);
  events_.write(step, scalars);
}

}  // namespace kennel
