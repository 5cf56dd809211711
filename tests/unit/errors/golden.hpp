// Compares a text with a file of the repository; UPDATE_GOLDEN=1 writes the file instead.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace sallyport::testing {

inline void expect_golden(std::string_view path, const std::string& text) {
  const std::string file = std::string(SALLYPORT_SOURCE_DIR) + "/" + std::string(path);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(file, std::ios::binary);
    out << text;
    ASSERT_TRUE(out.flush().good()) << file;
    return;
  }
  std::ifstream in(file, std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, expected) << file << " differs; UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace sallyport::testing
