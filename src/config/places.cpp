#include "config/places.hpp"

namespace sallyport::config {

const Written* Places::written(std::string_view path) const {
  const auto found = draft_.written.find(path);
  return found == draft_.written.end() ? nullptr : &found->second;
}

bool Places::usable(std::string_view path) const {
  const Written* entry = written(path);
  return entry == nullptr || entry->valid;
}

void Places::add(Severity severity, std::string_view path, Finding finding) {
  const Written* entry = written(path);
  for (std::string_view outer = path; entry == nullptr && outer.find('.') != std::string_view::npos;) {
    outer = outer.substr(0, outer.rfind('.'));
    entry = written(outer);
  }
  if (entry == nullptr) entry = &file_;
  Report report(entry->file, out_);
  if (severity == Severity::error) {
    report.error(entry->at, path, std::move(finding));
  } else {
    report.warning(entry->at, path, std::move(finding));
  }
}

}  // namespace sallyport::config
