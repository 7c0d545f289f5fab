#!/usr/bin/env bash
# Builds the command for others to install, below target/packages: a wheel, an archive with the binary, its bill of materials
# (CycloneDX, made by maturin) and the notices of third-party software. The binary needs glibc 2.17 or newer; Amazon Linux 2 has 2.26.
#
#   cli/package.sh [TARGET]      x86_64-unknown-linux-gnu (default) or aarch64-unknown-linux-gnu
#
# Needs Rust with the target's standard library (rustup target add TARGET), Python 3 with venv, and objdump (binutils). maturin and
# zig, which links against the old glibc, come from the Python package index, cargo-about from crates.io.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-x86_64-unknown-linux-gnu}
limit=2.17

tools=target/packaging
if [ ! -x "$tools/bin/maturin" ] || [ ! -d "$(echo "$tools"/lib/python3*/site-packages/ziglang)" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check maturin==1.16.0 ziglang==0.17.1
fi
if [ ! -x "$tools/bin/cargo-about" ]; then
  cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" --features cli cargo-about@0.9.3
  rm -rf "$tools/build"
fi

version=$(cargo pkgid --locked --package sagewarden | sed 's/.*[#@]//')
name=sagewarden-$version-$target
place=target/packages
mkdir -p "$place/$name"

# maturin calls `python3 -m ziglang`.
PATH="$PWD/$tools/bin:$PATH" maturin build --release --locked --zig --compatibility "manylinux_${limit/./_}" \
  --target "$target" --manifest-path cli/Cargo.toml --out "$place"
wheel=$(ls -t "$place"/sagewarden-"$version"-*"${target%%-*}".whl | head -1)

# The wheel is an archive: what it holds is what others install.
python3 - "$wheel" "$place/$name" "$place/$name.cdx.json" <<'END'
import pathlib, sys, zipfile
wheel, folder, bill = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.endswith(".data/scripts/sagewarden"):
            pathlib.Path(folder, "sagewarden").write_bytes(archive.read(name))
        if name.endswith("/sboms/sagewarden.cyclonedx.json"):
            pathlib.Path(bill).write_bytes(archive.read(name))
END
chmod +x "$place/$name/sagewarden"
cp LICENSE "$place/$name/"
"$tools/bin/cargo-about" about generate --locked --config infra/notices/about.toml \
  --manifest-path cli/Cargo.toml --output-file "$place/$name/THIRD_PARTY_NOTICES.txt" infra/notices/notices.hbs

glibc=$(objdump -T "$place/$name/sagewarden" | grep -o 'GLIBC_[0-9.]*' | sort -V | tail -1 | cut -d_ -f2)
if [ "$(printf '%s\n' "$limit" "$glibc" | sort -V | tail -1)" != "$limit" ]; then
  echo "sagewarden needs glibc $glibc, which is newer than $limit" >&2
  exit 1
fi
tar -C "$place" -czf "$place/$name.tar.gz" "$name"
rm -r "${place:?}/$name"
echo "needs glibc $glibc"
ls -1 "$wheel" "$place/$name".*
