"""Every message, field, enum, value, service and rpc says what it means; no floats, no maps."""
import re

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[\w.+-]+|[^\s\w]', re.DOTALL)
_NO_COMMENT_NEEDED = {"syntax", "package", "import", "option", "reserved", "extensions", "oneof", "extend"}


def _statements(text):
    """(tokens, first line, last line, opens a block) of each statement, "}" as one of its own; and the comments' lines."""
    statements, own_lines, trailing_lines = [], set(), set()
    tokens, first, depth = [], 0, 0
    last_code_line = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        line = text.count("\n", 0, match.start()) + 1
        if token.startswith(("//", "/*")):
            if re.search(r"\w", token):
                last = line + token.count("\n")
                (trailing_lines if line == last_code_line else own_lines).add(last)
            continue
        last_code_line = line
        if not tokens:
            first = line
        tokens.append(token)
        # Braces and brackets of an option's value are not blocks.
        if token == "[" or (token == "{" and "=" in tokens):
            depth += 1
        elif depth and token in ("]", "}"):
            depth -= 1
        elif not depth and token in (";", "{", "}"):
            if tokens != [";"]:
                statements.append((tokens, first, line, token == "{"))
            tokens = []
    return statements, own_lines, trailing_lines


def _kind_and_name(tokens, context):
    head = tokens[0]
    if context == "rpc" or head in _NO_COMMENT_NEEDED:
        return None
    if head in ("message", "enum", "service", "rpc"):
        return head, tokens[1]
    if "=" in tokens:
        return ("enum value" if context == "enum" else "field"), tokens[tokens.index("=") - 1]
    return None


def check(file):
    if not file.is_proto:
        return
    statements, own_lines, trailing_lines = _statements(file.text)
    contexts = ["file"]
    for tokens, first, last, opens in statements:
        if tokens == ["}"]:
            contexts = contexts[:-1] or ["file"]
            continue
        found = _kind_and_name(tokens, contexts[-1])
        if found and first - 1 not in own_lines and last not in trailing_lines:
            kind, name = found
            yield file.finding(first, "proto-comment", f"{kind} {name} has no comment",
                               "the protos are the documentation that integrators read",
                               "say above it, or at the end of its line, what it means and what absent means")
        if found and found[0] == "field":
            for word in {"double", "float", "map"} & set(tokens[:tokens.index("=")]):
                if word == "map" and tokens[tokens.index("map") + 1] != "<":
                    continue
                yield file.finding(first, "proto-type", f"field {found[1]} is a {word}",
                                   "floats can't hold money, maps have no order: neither gives the same bytes everywhere",
                                   "use int64 minor units, or a repeated message with a key")
        if opens:
            head = tokens[0]
            # Inside a oneof stand fields, as in its message.
            contexts.append(head if head in ("message", "enum", "service", "rpc") else "message")
