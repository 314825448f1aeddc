// A study of gradient estimates as a page or as a picture: mean, bias, variance and cosine to the
// truth, by horizon and noise.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace kennel::report {

/// An estimate of a gradient beside the truth; gradient/study.h says what the numbers are.
struct GradientRow {
  std::string setting;                    // "physics step 4 ms"
  int horizon = 1;                        // steps that the function looks ahead
  double sigma = 0.0;                     // of the noise
  std::string estimate;                   // "zeroth"
  double truth = 0.0, truth_error = 0.0;  // each with its standard error
  double mean = 0.0, mean_error = 0.0;
  double bias = 0.0, bias_error = 0.0;
  double variance = 0.0, cosine = 0.0;
};

struct GradientPage {
  std::string title;
  std::vector<std::pair<std::string, std::string>> summary{};  // name, value
  std::vector<GradientRow> rows{};
};

/// Writes an HTML page in one step: for each noise and quantity a plot a setting, the horizon along
/// it; the noise where all have one horizon, and the settings where there is one noise as well.
/// Bars are standard errors, up and down.
/// \throws Error when the file cannot be written
void write_gradient_page(const GradientPage& page, const std::filesystem::path& file);

/// The same plots as one SVG picture, for documents.
/// \throws Error when the file cannot be written
void write_gradient_figure(const GradientPage& page, const std::filesystem::path& file);

}  // namespace kennel::report
