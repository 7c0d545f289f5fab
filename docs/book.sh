#!/usr/bin/env bash
# Builds the book from the pages in docs, below target/book, and follows every link in it that leads to a file.
#
# Needs Rust and Python 3 with venv. mdBook comes from crates.io, LinkChecker from the Python package index.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=target/booktools
if [ ! -x "$tools/bin/linkchecker" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check linkchecker==10.6.0
fi
if [ ! -x "$tools/bin/mdbook" ]; then
  cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" mdbook@0.5.4
  rm -rf "$tools/build"
fi

# Two pages at the root of the checkout are pages of the book as well.
rm -rf target/pages target/book
mkdir -p target/pages
cp -R docs/. target/pages
for page in SECURITY CHANGELOG; do
  sed 's#](docs/#](#g' "$page.md" > "target/pages/$page.md"
  sed -i "s#](\.\./$page\.md#]($page.md#g" target/pages/*.md
done
printf '%s\n' '- [Security](SECURITY.md)' '- [Changelog](CHANGELOG.md)' >> target/pages/SUMMARY.md
# The book has only pages that its summary names: each decision goes below the list of decisions.
for page in docs/adr/0*.md; do
  printf '  - [%s](adr/%s)\n' "$(sed -n '1s/^# //p' "$page")" "$(basename "$page")"
done > target/decisions
sed -i '/(adr\/README\.md)/r target/decisions' target/pages/SUMMARY.md
rm target/decisions

"$tools/bin/mdbook" build target/pages --dest-dir "$PWD/target/book"
"$tools/bin/linkchecker" --no-status target/book/index.html
