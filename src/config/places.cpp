#include "config/places.hpp"

#include <string>

#include <fmt/format.h>

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

void Places::misplaced(std::string_view path, std::initializer_list<std::string_view> names,
                       std::string_view belongs) {
  for (const std::string_view name : names) {
    const std::string key = fmt::format("{}.{}", path, name);
    if (written(key) == nullptr) continue;
    error(key, {fmt::format("`{}` without {}", key, belongs),
                "it means something for that only, and nothing parses and does nothing", "remove it"});
  }
}

}  // namespace sallyport::config
