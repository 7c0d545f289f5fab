"""Draws sentences at random from all that a user reads, for somebody who has not seen them to read once.

    python3 tests/python/sentences.py 20 --seed 1 --command target/debug/sagewarden

The sentences come from README, docs, the help of every command, the controls, and what the demo prints. Mark each one that
has to be read twice; docs/STYLE.md says what to do about it.
"""

import argparse
import pathlib
import random
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = 5


def sentences(text):
    """The sentences of a paragraph or a cell; what has fewer than five words is a label."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("**", "")
    for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z`])", " ".join(text.split())):
        if len(sentence.split()) >= WORDS:
            yield sentence


def prose(markdown):
    """The paragraphs, list items and cells of a page, without its code."""
    markdown = re.sub(r"```.*?```", "\n\n", markdown, flags=re.S)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) ?)", markdown):
        if block.startswith(("#", "|--", "<!--", "![")):
            continue
        for cell in block.split("|") if block.startswith("|") else [block]:
            yield from sentences(re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "", cell))


def run(command, *arguments):
    done = subprocess.run([command, *arguments], capture_output=True, text=True, env={"COLUMNS": "1000"})
    return done.stdout


def helps(command, words=()):
    """The help of a command and of the commands below it."""
    text = run(command, *words, "--help")
    yield " ".join(("--help of sagewarden", *words)), text
    listed = re.search(r"^Commands:\n(.*?)\n\n", text, flags=re.S | re.M)
    for name in re.findall(r"^  ([a-z]+) ", listed.group(1), flags=re.M) if listed else []:
        if name != "help":
            yield from helps(command, (*words, name))


def pieces(text):
    """The sentences in what a command prints: each line may hold one."""
    for line in text.splitlines():
        yield from sentences(re.sub(r"\s{2,}", "\n", line.strip()).split("\n")[-1])


def everything(command):
    for path in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if path.name not in ("CONTROLS.md", "SUMMARY.md"):
            for sentence in prose(path.read_text()):
                yield str(path.relative_to(ROOT)), sentence
    for place, text in helps(command):
        for sentence in pieces(text):
            yield place, sentence
    controls = re.findall(r'"(?:title|fix|wanted)": "([^"]+)"', run(command, "policy", "list", "--format", "json"))
    for sentence in controls:
        yield "controls", sentence
    with tempfile.TemporaryDirectory() as folder:
        for sentence in pieces(run(command, "demo", "--out", folder)):
            yield "demo", sentence


def main():
    parser = argparse.ArgumentParser(description="Draws sentences at random from all that a user reads.")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--command", default=str(ROOT / "target/debug/sagewarden"))
    options = parser.parse_args()
    found = sorted(set(everything(options.command)))
    print(f"{options.count} of {len(found)} sentences, seed {options.seed}")
    for number, (place, sentence) in enumerate(random.Random(options.seed).sample(found, options.count), 1):
        print(f"{number:3} {place}: {sentence}")


if __name__ == "__main__":
    main()
