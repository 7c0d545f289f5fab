"""Fetches axe-core into the folder that is named: `axe.min.js`, which finds what a page keeps from people.

It is of the tests alone, and part of nothing that is shipped.
"""

import base64
import hashlib
import io
import pathlib
import sys
import tarfile
import tempfile

from install_browser import Failed, npm_from_pypi, npm_on_path, run

PACKAGE = "axe-core@4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


def packed(npm):
    """The package, fetched from the registry that the machine is set up for. None of its code is run."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run([*npm(folder), "pack", PACKAGE, "--ignore-scripts", "--cache", folder / "npm-cache"], cwd=folder)
        (archive,) = folder.glob("*.tgz")
        content = archive.read_bytes()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if digest != SHA512:
        raise Failed(f"{PACKAGE} has the SHA-512 {digest}, not {SHA512}")
    return content


def main(folder):
    failures = []
    for npm in [npm_on_path, npm_from_pypi]:
        try:
            content = packed(npm)
            break
        except Failed as failure:
            failures.append(str(failure))
    else:
        sys.exit("\n".join(failures))
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        (folder / "axe.min.js").write_bytes(archive.extractfile("package/axe.min.js").read())


main(pathlib.Path(sys.argv[1]))
