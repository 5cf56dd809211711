// A client of a REST service, with libcurl, whose failures say themselves what they are: a name that cannot
// be resolved, a 429 with its Retry-After, a 500 are told the agent as what they mean, by one adapter.
//
//   WEATHER_URL=https://weather.example WEATHER_KEY=… rest
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <sallyport.hpp>
#include <sallyport/curl.hpp>

using sallyport::Context;
using sallyport::Json;

namespace {

constexpr std::size_t max_answer = 1 << 20;

// A transfer that failed, or an answer with a failing status.
struct TransferFailed : std::runtime_error {
  TransferFailed(sallyport::classify::CurlFailure what, std::string text,
                 std::vector<std::pair<std::string, std::string>> with)
      : std::runtime_error(std::move(text)), failure(what), headers(std::move(with)) {}
  sallyport::classify::CurlFailure failure;
  std::vector<std::pair<std::string, std::string>> headers;
};

std::size_t keep_body(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > max_answer) return 0;  // ends the transfer
  body.append(data, size * count);
  return size * count;
}

std::vector<std::pair<std::string, std::string>> headers_of(CURL* handle) {
  std::vector<std::pair<std::string, std::string>> all;
  const curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(handle, CURLH_HEADER, -1, const_cast<curl_header*>(header))))
    all.emplace_back(header->name, header->value);
  return all;
}

// Blocks: the tools that call it are `.blocking()`.
std::string get(const std::string& url, std::string_view key, const std::string& traceparent) {
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) throw std::bad_alloc();
  const std::string authorization = "Authorization: Bearer " + std::string(key);
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
      curl_slist_append(nullptr, authorization.c_str()), curl_slist_free_all);
  // Empty without --otlp; with it the service's own spans stand below this tool's.
  if (!traceparent.empty())
    headers.reset(curl_slist_append(headers.release(), ("traceparent: " + traceparent).c_str()));
  std::string body;
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);  // it runs beside other threads
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, 10000L);
  curl_easy_setopt(handle.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_OK) return body;
  long status = 0;
  long os_errno = 0;
  sallyport::classify::CurlFailure failure{.code = static_cast<int>(code)};
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle.get(), CURLINFO_OS_ERRNO, &os_errno);
  curl_easy_getinfo(handle.get(), CURLINFO_SSL_VERIFYRESULT, &failure.ssl_verify_result);
  failure.os_errno = static_cast<int>(os_errno);
  if (status != 0) failure.status = static_cast<int>(status);
  throw TransferFailed(failure, curl_easy_strerror(code), headers_of(handle.get()));
}

struct Weather {
  std::string city;
  double degrees = 0;
  static void describe(sallyport::Fields<Weather>& field) {
    field("city", &Weather::city);
    field("degrees", &Weather::degrees, "Celsius");
  }
};

Weather weather(Context& context, const std::string& city) {
  const char* const base = std::getenv("WEATHER_URL");
  if (base == nullptr) throw sallyport::FatalToolError("This server does not know its weather service.");
  const std::unique_ptr<char, void (*)(void*)> escaped(
      curl_easy_escape(nullptr, city.data(), static_cast<int>(city.size())), curl_free);
  const std::string body = get(std::string(base) + "/weather/" + escaped.get(),
                               context.secret("WEATHER_KEY").reveal(), context.traceparent());
  const auto answer = Json::parse(body);
  const auto degrees = answer ? answer->find("degrees") : std::nullopt;
  if (!degrees || !degrees->as_number())
    throw sallyport::UpstreamError("The weather service gave an answer that makes no sense.", 502);
  return {city, *degrees->as_number()};
}

}  // namespace

int main(int argc, char** argv) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  sallyport::Server app("rest", "1.0");
  app.adapters({sallyport::classify::adapter_for<TransferFailed>(
      "libcurl", [](const TransferFailed& thrown) -> std::optional<sallyport::Error> {
        return sallyport::classify::curl_tool_error(thrown.failure, thrown.headers, thrown.what());
      })});
  app.tool("weather", "The weather in a city.", weather, {{"city", "Its name"}})
      .read_only()
      .open_world()
      .secret("WEATHER_KEY")
      .blocking();
  return app.run(argc, argv);
}
