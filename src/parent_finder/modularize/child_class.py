"""Writing a class as the child of a parent class."""

from __future__ import annotations

from parent_finder.modularize import method_override
from parent_finder.modularize.class_text import INDENT, ClassText, Member

# How hard a child tries to be short: each is longer, and surer to convert back, than the last.
EFFORTS = ("shortest", "blank lines", "whole bodies", "whole methods")

_NOT_NEEDED = f'{INDENT * 2}raise AttributeError("Not needed")\n'


def child_text(mine: ClassText, inherited: ClassText, base: str, effort: str) -> str | None:
    """The modular class that should convert to ``mine``; None when no child can.

    ``inherited`` is what `class mine(base): pass` converts to.
    """
    if (inherited.lead and not mine.lead) or mine.keywords != inherited.keywords or mine.others:
        return None
    if inherited.docstring and not mine.docstring:
        return None
    bases = [base, *(base_name for base_name in mine.bases if base_name not in inherited.bases)]
    head = f"{mine.lead}\n" if mine.lead else ""
    if mine.decorators != inherited.decorators:
        head += "".join(mine.decorators) or "@no_inherit_decorator\n"
    head += f"class {mine.name}({', '.join(bases)}):\n"
    docstring = mine.docstring if mine.docstring != inherited.docstring else ""
    # The formatter takes blank lines away at the start of a class, and sets one below a docstring.
    blank_above = True if docstring else (None if effort == EFFORTS[0] else False)
    members = _attributes(mine, inherited, blank_above)
    methods = _methods(mine, inherited, effort)
    if methods is None:
        return None
    members += methods
    if members and not docstring and not _is_deletion(members[0]):
        members[0] = members[0].lstrip("\n")
    return head + docstring + ("".join(members) or ("" if docstring else f"{INDENT}pass\n"))


def _attributes(mine: ClassText, inherited: ClassText, blank_above: bool | None) -> list[str]:
    """The attributes to write.

    The attributes above the first one are repeated as far as needed for a member to be the first
    that has a blank line above it, or none, as ``blank_above`` says.
    """
    names = [
        name
        for name, member in mine.attributes.items()
        if (old := inherited.attributes.get(name)) is None
        or (old.lead, old.text) != (member.lead, member.text)
    ]
    if blank_above is not None and names:
        before = list(mine.attributes)[: list(mine.attributes).index(names[0])]
        while before and mine.attributes[names[0]].lead.startswith("\n") != blank_above:
            names.insert(0, before.pop())
    written = [mine.attributes[name].lead + mine.attributes[name].text for name in names]
    written += [
        f"{INDENT}{name} = AttributeError()\n"
        for name in inherited.attributes
        if name not in mine.attributes
    ]
    return written


def _methods(mine: ClassText, inherited: ClassText, effort: str) -> list[str] | None:
    written = []
    for key, member in mine.methods.items():
        old = inherited.methods.get(key)
        if old is None:
            text = member.text
            if effort != EFFORTS[0] and f"super().{member.name}(" in text:
                text = method_override.without_super(member, mine.bases[0] if mine.bases else "")
            written.append((member.lead or "\n") + text)
        elif not member.same_as(old):
            if member.lead.strip("\n") != old.lead.strip("\n"):
                return None
            written.append(
                "\n" + _override(member, old, mine.bases[0] if mine.bases else "", effort)
            )
    for key, member in inherited.methods.items():
        if key not in mine.methods and " " not in key:
            written.append(_deletion(member))
    return written


def _override(mine: Member, theirs: Member, base: str, effort: str) -> str:
    texts = method_override.overrides(mine, theirs, base)
    if effort == "whole methods" or texts.whole is None:
        return texts.verbatim
    short = {"shortest": texts.short, "blank lines": texts.strict}.get(effort, ())
    return short[0] if short else texts.whole


def _deletion(method: Member) -> str:
    """A method that the converter takes as the wish to leave the parent's out."""
    first = "self" if "self" in (method.function.head.arguments or "") else ""
    return f"\n{INDENT}def {method.name}({first}):\n{_NOT_NEEDED}"


def _is_deletion(text: str) -> bool:
    return text.endswith(_NOT_NEEDED)
