# ./dev package: the Debian package, in build/package. Sourced by ./dev.

verb_package() {
  stage "what the build needs" setup
  stage "build (release)" compile release sallyport
  local deb
  deb=$(tools/package/build_deb build/release/bin/sallyport build/package)
  if command -v lintian >/dev/null; then stage "lintian" lintian "$deb" || true; fi
  say "${deb#"$root/"}   (install it with: sudo apt-get install ./${deb#"$root/"})"
}
