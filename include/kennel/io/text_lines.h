// Lines of text files that people open and save again: with a byte-order mark in front, or with
// line ends of another system.
#pragma once

#include <string>
#include <string_view>

namespace kennel {

/// The text without a UTF-8 byte-order mark in front.
inline std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
}

/// The line without the carriage return that Windows' line ends leave behind.
inline std::string_view without_carriage_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

/// The first line, without mark and line end.
inline std::string first_line(std::string_view text) {
  text = without_byte_order_mark(text);
  return std::string(without_carriage_return(text.substr(0, text.find('\n'))));
}

}  // namespace kennel
