// What a study of gradients found, as files.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kennel/gradient/study.h"

namespace kennel {

/// Estimates of one case under one noise.
struct StudiedCase {
  std::string setting;
  int horizon = 1;
  double sigma = 0.0;
  gradient::Study study;
};

/// What a study is of: name and value, for the heads of its files.
using StudyHead = std::vector<std::pair<std::string, std::string>>;

/// \throws Error unless it names an .html or .svg file in a folder that exists
void check_picture_file(const std::filesystem::path& file);

/// \throws Error unless its folder exists
void check_folder_of(const std::filesystem::path& file);

/// Writes a page (.html) or a picture (.svg) in one step.
/// \param task  what it is called in its title
void write_picture(const std::string& task, const StudyHead& head,
                   const std::vector<StudiedCase>& found, const std::filesystem::path& file);

/// Every estimate as Markdown, below the head.
std::string gradient_markdown(const std::string& task, const StudyHead& head,
                              const std::vector<StudiedCase>& found);

}  // namespace kennel
