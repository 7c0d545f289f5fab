#!/usr/bin/env bash
# Builds every function in release and lays it where infra/template.yaml expects it: target/lambda/<function>/bootstrap, with
# the settings, the notices of third-party software, and the policies where it judges, beside it. Prints each binary's size and the
# glibc that it needs; Amazon Linux 2023 has 2.34.
#
# Needs Rust, Python 3 with venv, and objdump (binutils). cargo-lambda and its linker come from the Python package index,
# cargo-about from crates.io.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=target/packaging
if [ ! -x "$tools/bin/cargo-lambda" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check cargo-lambda==1.9.2
fi

# Made into the notices of third-party software that each package carries.
if [ ! -x "$tools/bin/cargo-about" ]; then
  cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" --features cli cargo-about@0.9.3
  rm -rf "$tools/build"
fi

# Only functions with the feature `judging` know what policies are.
judging=() watching=()
for folder in functions/*/; do
  if grep -q '"judging"' "$folder/Cargo.toml"; then
    judging+=("$(basename "$folder")")
  else
    watching+=("$(basename "$folder")")
  fi
done

# --skip-target-check: without it cargo-lambda may add a toolchain's target unasked.
build() {
  PATH="$PWD/$tools/bin:$PATH" cargo lambda build --release --locked --skip-target-check --x86-64 \
    --lambda-dir target/lambda "${@/#/--package=}"
}
# Two builds: packages that cargo builds together share their features, and all would have the policy engine.
build "${judging[@]}"
build "${watching[@]}"

limit=2.34
too_new=0
printf '%-16s %10s  %s\n' function bytes glibc
for function in "${judging[@]}" "${watching[@]}"; do
  place=target/lambda/$function
  rm -rf "$place/bundle"
  mkdir -p "$place/bundle"
  cp infra/settings.toml "$place/bundle/"
  case " ${judging[*]} " in *" $function "*)
    cp -R infra/policies "$place/bundle/"
    # A policy that is wrong fails here, not when the function starts.
    cargo run --quiet --locked --package sagewarden -- policy validate "$place/bundle" --note
    ;;
  esac
  "$tools/bin/cargo-about" about generate --locked --offline --config infra/notices/about.toml \
    --manifest-path "functions/$function/Cargo.toml" --output-file "$place/THIRD_PARTY_NOTICES.txt" infra/notices/notices.hbs
  glibc=$(objdump -T "$place/bootstrap" | grep -o 'GLIBC_[0-9.]*' | sort -V | tail -1 | cut -d_ -f2)
  printf '%-16s %10s  %s\n' "$function" "$(stat -c %s "$place/bootstrap")" "$glibc"
  if [ "$(printf '%s\n' "$limit" "$glibc" | sort -V | tail -1)" != "$limit" ]; then
    echo "$function needs glibc $glibc, but the runtime has $limit" >&2
    too_new=1
  fi
done
exit "$too_new"
