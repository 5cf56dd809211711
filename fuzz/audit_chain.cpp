// Any bytes as lines of an audit file: read without harm, and what is accepted was sealed by us.
#include "telemetry/audit_chain.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace audit = sallyport::telemetry::audit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  audit::Verifier verifier;
  verifier.begin_file("fuzz");
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    if (const auto read = audit::read(line); read && read->intact && read->seq > 0) {
      audit::Head head{read->seq - 1, read->prev};
      if (audit::seal(read->fields, head) != std::string(line) + "\n" && line.substr(7, 1) != "0" &&
          line.substr(7, 1) != "-")
        std::abort();
    }
    verifier.add(line, end != std::string_view::npos);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  }
  verifier.finish();
  return 0;
}
