#!/usr/bin/env python3
"""Holds the translations to what the page says.

    pot.py APP            whether template and translations have every text, and nothing else
    pot.py APP --write    writes the template anew, and adds empty texts to the translations
"""

import json
import re
import sys
from pathlib import Path

from po import messages

CALL = re.compile(r"\b_\('((?:[^'\\]|\\.)*)'(?:,\s*'((?:[^'\\]|\\.)*)')?\)")
# A call that is not of this form would be lost without a word.
ANY = re.compile(r"\bN?_\(")
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n'


def script_texts(path):
    """Text and context of every call of _() in a script."""
    source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    calls = CALL.findall(source)
    if len(calls) != len(ANY.findall(source)):
        raise SystemExit(f"{path}: a call of _() has other arguments than one or two texts in ''")
    for text, context in calls:
        text = re.sub(r"\\(.)", r"\1", text)
        if "\n" in text or "  " in text or text != text.strip():
            raise SystemExit(f"{path}: the browser looks '{text}' up with single blanks")
        yield text, context or None


def texts(app):
    """Every text of the package once, with where it stands."""
    found = {}
    root = app / "htdocs/luci-static/resources"
    for path in sorted(root.rglob("*.js")):
        for text in script_texts(path):
            found.setdefault(text, path.relative_to(app))
    for path in sorted((app / "root/usr/share/luci/menu.d").glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")).values():
            found.setdefault((entry["title"], None), path.relative_to(app))
    for path in sorted((app / "root/usr/share/rpcd/acl.d").glob("*.json")):
        for group in json.loads(path.read_text(encoding="utf-8")).values():
            found.setdefault((group["description"], None), path.relative_to(app))
    return found


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entry(text, context, translation, where):
    lines = [f"#: {where}"] if where else []
    lines += [f"msgctxt {quoted(context)}"] if context else []
    lines += [f"msgid {quoted(text)}", f"msgstr {quoted(translation)}"]
    return "\n".join(lines) + "\n"


def known(path):
    """Translation by text and context."""
    return {(m.id, m.context): m.texts.get(0, "") for m in messages(path) if m.id}


def write(app, found):
    template = [HEADER] + [entry(*text, "", where) for text, where in found.items()]
    pot = app / "po/templates/dynhost.pot"
    pot.parent.mkdir(parents=True, exist_ok=True)
    pot.write_text("\n".join(template), encoding="utf-8")
    for path in sorted(app.glob("po/*/dynhost.po")):
        old = known(path)
        header = path.read_text(encoding="utf-8").split("\n\n")[0] + "\n"
        lines = [entry(*text, old.get(text, ""), None) for text in found]
        path.write_text("\n".join([header] + lines), encoding="utf-8")


def faults(app, found):
    """What is missing, left over, or has other places for values than the text."""
    for path in sorted(app.glob("po/*/dynhost.po*")):
        have = known(path)
        for text in found.keys() ^ have.keys():
            yield f"{path}: {text[0]!r} is {'missing' if text in found else 'said nowhere'}"
        if path.suffix == ".pot":
            continue
        for (text, _), translation in have.items():
            if not translation:
                yield f"{path}: {text!r} is not translated"
            elif sorted(re.findall("%.", text)) != sorted(re.findall("%.", translation)):
                yield f"{path}: {text!r} has other values in its translation"
            elif "<" in translation or "&" in translation:
                yield f"{path}: {text!r} is translated with marks that a browser may obey"


def main():
    app, found = Path(sys.argv[1]), texts(Path(sys.argv[1]))
    if sys.argv[2:] == ["--write"]:
        write(app, found)
    wrong = list(faults(app, found))
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    print(f"{len(found)} texts in {len(list(app.glob('po/*/dynhost.po')))} languages")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
