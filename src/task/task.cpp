#include "task/task.hpp"

#include "base/type_name.hpp"
#include "errors/typed_error.hpp"
#include "task/foreign.hpp"
#include "task/recycled.hpp"

#include <array>
#include <new>

namespace sallyport::task {
namespace {

// Free lists by size class of 64 bytes up to 2 KiB, each of bounded length.
constexpr std::size_t granule = 64;
constexpr std::size_t classes = 32;
constexpr std::size_t per_class = 256;

struct Cache {
  struct Node {
    Node* next;
  };
  struct List {
    Node* head = nullptr;
    std::size_t length = 0;
  };
  std::array<List, classes> lists;

  ~Cache() {
    for (List& list : lists) {
      while (list.head) ::operator delete(std::exchange(list.head, list.head->next));
    }
  }
};

thread_local Cache cache;

}  // namespace

void* Recycled::operator new(std::size_t size) {
  const std::size_t index = (size - 1) / granule;
  if (index >= classes) return ::operator new(size);
  auto& list = cache.lists[index];
  if (!list.head) return ::operator new((index + 1) * granule);
  --list.length;
  return std::exchange(list.head, list.head->next);
}

void Recycled::operator delete(void* memory, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / granule;
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
  constexpr bool recycle = false;  // so that a use after free is seen
#else
  constexpr bool recycle = true;
#endif
  if (!recycle || index >= classes || cache.lists[index].length >= per_class)
    return ::operator delete(memory);
  auto& list = cache.lists[index];
  list.head = new (memory) Cache::Node{list.head};
  ++list.length;
}

namespace detail {
namespace {

thread_local constinit ForeignExceptions* asked = nullptr;

// `exception` is no error of ours.
Error unknown_error(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return Error(Code::system_resource_exhausted);
  } catch (const std::exception& e) {
    return Error(Code::system_internal_error)
        .with_developer_message(e.what())
        .with_extra(exception_type_key, type_name(typeid(e)));
  } catch (...) {
    return Error(Code::system_internal_error);
  }
}

}  // namespace

void* PromiseBase::operator new(std::size_t size) {
  return Recycled::operator new(size);
}

void PromiseBase::operator delete(void* frame, std::size_t size) noexcept {
  Recycled::operator delete(frame, size);
}

Error error_of_exception(std::exception_ptr exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const TypedError& e) {
    return e.error();
  } catch (...) {
    if (auto known = ForeignExceptions::recognise(exception)) return *std::move(known);
    return unknown_error(exception);
  }
}

}  // namespace detail

ForeignExceptions::ForeignExceptions(Ask ask)
    : ask_(std::move(ask)), elder_(std::exchange(detail::asked, this)) {}

ForeignExceptions::~ForeignExceptions() {
  detail::asked = elder_;
}

std::optional<Error> ForeignExceptions::recognise(const std::exception_ptr& exception) noexcept {
  if (detail::asked == nullptr) return std::nullopt;
  return detail::asked->ask_(exception);
}

}  // namespace sallyport::task
