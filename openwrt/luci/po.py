"""Reads .po files as far as LuCI's own tools do: messages with context and plural forms."""

import re

LINE = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[(\d)\])?) "|^"')
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*$')


class Message:
    """One message; the texts are unescaped as LuCI does it: \\" and \\\\, nothing else."""

    def __init__(self):
        self.context = None
        self.id = None
        self.plural = None
        self.texts = {}


def unescaped(text):
    """The text behind the quotes; a line break stays the two characters that stand for it."""
    return re.sub(r'\\(["\\])', r"\1", text)


def messages(path):
    """Every message of a file, in its order; the header is the one with an empty id."""
    found, current, slot = [], Message(), None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            start, text = LINE.match(line), QUOTED.search(line)
            if not start or not text:
                raise SystemExit(f"{path}:{number}: neither a keyword nor a continued text")
            if start.group(1):
                keyword = start.group(1)
                is_next = keyword == "msgctxt" or (keyword == "msgid" and current.id is not None)
                if is_next and (current.id is not None or current.texts):
                    found.append(current)
                    current = Message()
                slot = keyword
            put(current, slot, unescaped(text.group(1)))
    if current.id is not None:
        found.append(current)
    return found


def put(message, slot, text):
    """Adds a line to the part of the message that it belongs to."""
    if slot == "msgctxt":
        message.context = (message.context or "") + text
    elif slot == "msgid":
        message.id = (message.id or "") + text
    elif slot == "msgid_plural":
        message.plural = (message.plural or "") + text
    else:
        form = int(slot[7]) if slot.startswith("msgstr[") else 0
        message.texts[form] = message.texts.get(form, "") + text
