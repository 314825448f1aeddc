// A library in another folder than the program that loads it.
#include <string>

#include "kennel/core/own_folder.h"

extern "C" const char* kennel_hosted_folder() {
  static const std::string folder = kennel::own_folder().string();
  return folder.c_str();
}
