#include "gradient_output.h"

#include "kennel/core/check.h"
#include "kennel/report/gradient_page.h"
#include "text_table.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPage = ".html";
constexpr const char* kPicture = ".svg";

std::string title_of(const std::string& task) { return "Gradients of " + task; }

}  // namespace

void check_picture_file(const fs::path& file) {
  const std::string kind = file.extension().string();
  KENNEL_CHECK(kind == kPage || kind == kPicture, "--out ", file.string(),
               ": expected a page, .html, or a picture, .svg, came ",
               kind.empty() ? "no ending" : kind);
  check_folder_of(file);
}

void check_folder_of(const fs::path& file) {
  std::error_code ignored;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  KENNEL_CHECK(fs::is_directory(folder, ignored), "there is no folder ", folder.string(),
               " to write ", file.filename().string(), " into; create it first");
}

void write_picture(const std::string& task, const StudyHead& head,
                   const std::vector<StudiedCase>& found, const fs::path& file) {
  report::GradientPage page{.title = title_of(task), .summary = head};
  for (const StudiedCase& c : found)
    for (const gradient::Estimate& e : c.study.estimates)
      page.rows.push_back({.setting = c.setting,
                           .horizon = c.horizon,
                           .sigma = c.sigma,
                           .estimate = e.name,
                           .truth = c.study.truth,
                           .truth_error = c.study.truth_error,
                           .mean = e.mean,
                           .mean_error = e.mean_error,
                           .bias = e.bias,
                           .bias_error = e.error,
                           .variance = e.variance,
                           .cosine = e.cosine});
  if (file.extension() == kPicture) {
    report::write_gradient_figure(page, file);
  } else {
    report::write_gradient_page(page, file);
  }
}

std::string gradient_markdown(const std::string& task, const StudyHead& head,
                              const std::vector<StudiedCase>& found) {
  StudyHead facts = head;
  for (auto& [name, value] : facts)
    if (name == "command") value = '`' + value + '`';
  std::string all = markdown_head(title_of(task), facts);
  all +=
      "\nVariance: of one sample. The number behind +- is a standard error: of the truth, and of "
      "the mean's distance to it, below twice which no bias can be seen.\n\n";
  std::vector<TextColumn> table;
  for (const char* name : {"setting", "estimate"}) table.push_back({{name}, {}, false});
  for (const char* name :
       {"horizon", "sigma", "truth", "+-", "mean", "bias", "+-", "variance", "cosine", "alpha"})
    table.push_back({{name}});
  for (const StudiedCase& c : found)
    for (const gradient::Estimate& e : c.study.estimates) {
      table[0].cells.push_back(c.setting);
      table[1].cells.push_back(e.name);
      std::size_t column = 2;
      for (const double x :
           {static_cast<double>(c.horizon), c.sigma, c.study.truth, c.study.truth_error, e.mean,
            e.bias, e.error, e.variance, e.cosine, e.alpha})
        table[column++].cells.push_back(short_text(x));
    }
  return all + markdown_table(table);
}

}  // namespace kennel
