#include "errors/docs.hpp"

#include "errors/catalog.hpp"
#include "golden.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(CatalogMarkdown, IsThePageInDocs) {
  testing::expect_golden("docs/errors.md", catalog_markdown());
}

TEST(CatalogMarkdown, HasAnAnchorForEveryCode) {
  const std::string page = catalog_markdown();
  for (const CatalogRow& row : catalog()) {
    const std::string anchor = "<a id=\"" + std::string(row.wire_name) + "\"></a>";
    const std::string heading =
        "\n## " + std::string(row.wire_name) + " " + std::string(row.full_name) + "\n";
    EXPECT_NE(page.find(anchor), page.npos) << row.wire_name;
    EXPECT_NE(page.find(heading), page.npos) << row.wire_name;
  }
}

}  // namespace
}  // namespace sallyport
