# How a folder of src/ becomes a library, a folder of tests/unit a test program, and with which flags.

find_program(CCACHE ccache)
if(CCACHE)
  # Sloppiness: precompiled headers carry times; what they contain is what counts.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(simdjson REQUIRED)
find_library(RE2_LIBRARY re2 REQUIRED) # Debian has no package configuration of it
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)

add_library(sallyport_flags INTERFACE)
target_include_directories(sallyport_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(sallyport_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror
  -Wno-gnu-statement-expression)
target_compile_definitions(sallyport_flags INTERFACE
  SALLYPORT_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_REGEX)
target_link_libraries(sallyport_flags INTERFACE Threads::Threads)
target_link_options(sallyport_flags INTERFACE -fuse-ld=lld)
add_compile_options(-fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(sallyport_flags INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_link_options(sallyport_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
# The program is optimised as a whole when it is linked (ThinLTO). What else is linked from the same objects, tests above
# all, takes their machine code and costs no more than it did.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT SALLYPORT_SANITIZE AND NOT SALLYPORT_FUZZ)
  set(whole_program -flto=thin -ffat-lto-objects)
endif()
if(SALLYPORT_SANITIZE)
  add_compile_options(-fsanitize=${SALLYPORT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SALLYPORT_SANITIZE})
endif()
if(SALLYPORT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# sallyport_library(NAME DEPS… ): src/NAME/**/*.cpp as one static library, sallyport::NAME.
function(sallyport_library name)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(sources)
    add_library(sallyport_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(sallyport_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(sallyport::${name} ALIAS sallyport_${name})
  target_link_libraries(sallyport_${name} ${scope} sallyport_flags ${arg_DEPS})
  if(sources)
    target_compile_options(sallyport_${name} PRIVATE ${whole_program})
  endif()
endfunction()
