"""The parts of a code book, each a piece of HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from cimkit.errors import UsageError
from cimkit.standard.codes._explain import explain_code
from cimkit.standard.formats._html_page import LANGUAGES, word, words
from cimkit.standard.model import Standard
from cimkit.standard.rows import NO_CLASS, Attribute, ClassRow

_LAST = "\U0010ffff"


def table(heads: Sequence[str], rows: Iterable[str]) -> str:
    """Return a table; heads are keys of `WORDS`, a class of columns may stand before a dot."""
    cells = "".join(
        f'<th class="{h.partition(":")[0]}">{_head(h)}</th>' if ":" in h else f"<th>{word(h)}</th>"
        for h in heads
    )
    body = "".join(rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def _head(head: str) -> str:
    language, _, name = head.partition(":")
    return escape({"zh": "中文", "ja": "日本語", "en": "English"}.get(language, name))


def row(cells: Iterable[str], style: str = "") -> str:
    """Return a row of cells that are HTML already."""
    begin = f'<tr class="{style}">' if style else "<tr>"
    return begin + "".join(c if c.startswith("<td") else f"<td>{c}</td>" for c in cells) + "</tr>"


def code(text: str) -> str:
    """Return a cell with a code."""
    return f'<td class="code">{escape(text)}</td>'


def sure(verified: bool) -> str:
    """Return the mark of a row that was seen in a source, or was not."""
    return '<span class="yes">✓</span>' if verified else '<span class="no">✗</span>'


def classes(standard: Standard) -> str:
    """Return the classes of each scheme as a tree; sources are numbered, and listed below."""
    out = []
    sources: dict[str, int] = {}
    for scheme in standard.schemes:
        found = [c for c in standard.class_rows if c.scheme == scheme.id and not c.retired]
        if not found:
            continue
        if len(standard.schemes) > 1:
            title = words(dict(scheme.titles)) or escape(scheme.id)
            out.append(f"<h3>{title} <code>{escape(scheme.id)}</code></h3>")
        more = [k for k in ("geometry", "level") if any(getattr(c, k) for c in found)]
        heads = ["key_code", *(f"{la}:" for la in LANGUAGES), *more, "origin", "verified"]
        out.append(table(heads, (_class(c, d, more, sources) for c, d in _tree(found))))
    listed = "".join(f'<li id="source-{n}">{escape(text)}</li>' for text, n in sources.items())
    return "".join(out) + (
        f'<h3>{word("source")}</h3><ol class="soft">{listed}</ol>' if listed else ""
    )


def _tree(rows: list[ClassRow]) -> list[tuple[ClassRow, int]]:
    below: dict[str, list[ClassRow]] = {}
    codes = {r.code for r in rows}
    for one in rows:
        below.setdefault(one.parent if one.parent in codes else "", []).append(one)
    out: list[tuple[ClassRow, int]] = []
    stack = [(one, 0) for one in reversed(below.get("", []))]
    while stack:
        one, depth = stack.pop()
        out.append((one, depth))
        stack += [(b, depth + 1) for b in reversed(below.get(one.code, []))]
    return out


def _class(one: ClassRow, depth: int, more: Sequence[str], sources: dict[str, int]) -> str:
    names = []
    for language in LANGUAGES:
        said = getattr(one, f"name_{language}")
        # A name that is not there is no empty cell: the one that readers would be shown.
        text = escape(said) if said else f'<span class="soft">{escape(one.name(language))}</span>'
        definition = f"<small>{escape(one.definition)}</small>" if one.definition else ""
        names.append(f'<td class="{language}">{text}{definition if language == "en" else ""}</td>')
    access = f' <span class="badge">{escape(one.access)}</span>' if one.access != "public" else ""
    cells = [code(one.code), *names]
    shown = {"geometry": escape(" ".join(one.geometry)), "level": escape(one.level)}
    cells += [shown[key] for key in more]
    origin = escape(one.code_origin) + access
    if one.source:
        number = sources.setdefault(one.source, len(sources) + 1)
        origin += f' <a class="ref" href="#source-{number}">[{number}]</a>'
    return row(
        [*cells, origin, sure(one.verified)], f"d{min(depth, 4)}" if depth or not one.leaf else ""
    )


def attributes(standard: Standard) -> str:
    """Return the attributes, a table for each set of classes that has them."""
    groups: dict[tuple[str, ...], list[Attribute]] = {}
    for one in standard.attributes:
        groups.setdefault(one.classes, []).append(one)
    out = []
    for codes, found in sorted(groups.items(), key=lambda g: g[0]):
        named = []
        for each in codes:
            known = standard.by_code.get(each)
            texts = {la: known.name(la) for la in LANGUAGES} if known else {}
            named.append(f"<code>{escape(each)}</code> {words(texts) if texts else ''}")
        out.append(f"<h3>{'; '.join(named) or word('every')}</h3>")
        heads = ["field", "title", "kind", "type", "limits", "obligation", "level", "verified"]
        out.append(table(heads, map(_attribute, found)))
    return "".join(out)


def _attribute(one: Attribute) -> str:
    limits = [one.pattern and f"<code>{escape(one.pattern)}</code>"]
    if one.domain:
        limits.append(f'<a href="#list-{escape(one.domain)}">{escape(one.domain)}</a>')
    if one.minimum is not None or one.maximum is not None:
        ends = ["" if n is None else f"{n:g}" for n in (one.minimum, one.maximum)]
        limits.append(escape(" … ".join(ends)))
    kind = escape(one.type) + (f" [{escape(one.unit)}]" if one.unit else "")
    cells = [code(one.name), escape(one.title), escape(" ".join(one.kinds)), kind]
    cells += ["<br>".join(filter(None, limits)), escape(one.obligation), escape(one.level)]
    return row([*cells, sure(one.verified)])


def domains(standard: Standard) -> str:
    """Return the lists of values."""
    out = []
    for name, values in standard.domains.items():
        out.append(f'<h3 id="list-{escape(name)}"><code>{escape(name)}</code></h3>')
        rows = (
            row(
                [
                    code(v["code"]),
                    *(f'<td class="{la}">{escape(v[f"name_{la}"] or "")}</td>' for la in LANGUAGES),
                ]
            )
            for v in values.to_pylist()
        )
        out.append(table(["key_code", *(f"{la}:" for la in LANGUAGES)], rows))
    return "".join(out)


def identifier(standard: Standard) -> str:
    """Return the grammar of identifier codes, with an example that was made by it."""
    grammar = standard.grammar
    if grammar is None:
        return ""
    rows = (
        row([escape(s.name or "—"), escape(str(s.length)), f"<code>{escape(s.pattern)}</code>"])
        for s in grammar.segments
    )
    fields = ", ".join(f"<code>{escape(f)}</code>" for f in grammar.field_names)
    out = table(["segment", "length", "says"], rows) + (f"<p>{fields}</p>" if fields else "")
    example = _example(standard)
    if not example:
        return out
    parts = [p for p in explain_code(example, standard) if p.text]
    big = "".join(f"<span>{escape(p.text)}</span>" for p in parts)
    meant = (row([code(p.text), escape(p.segment), words(dict(p.meaning))]) for p in parts)
    head = f'<h3>{word("example")}</h3><div class="big">{big}</div>'
    return out + head + table(["key_code", "segment", "says"], meant)


def _example(standard: Standard) -> str:
    grammar = standard.grammar
    if grammar is None:
        return ""
    divisions = [s.values[0] for s in grammar.segments if s.name == "division" and s.values]
    division = standard.jurisdiction.division or next(iter(divisions), "000000")
    for one in standard.by_code.values():
        if one.leaf:
            try:
                return grammar.format(division, one.code, 1)
            except UsageError:
                continue  # a class of another depth, or a grammar that asks for more
    return ""


def naming(standard: Standard) -> str:
    """Return the grammars of file names."""
    if standard.naming is None:
        return ""
    out = []
    for grammar in standard.naming.grammars:
        out.append(f"<h3>{escape(grammar.name)}</h3><p><code>{escape(grammar.template)}</code></p>")
        rows = (
            row(
                [
                    code(p.name),
                    escape(p.says or " | ".join(p.values)),
                    f"<code>{escape(p.pattern)}</code>",
                ]
            )
            for p in grammar.parts.values()
        )
        out.append(table(["part", "says", "template"], rows))
    exempt = ", ".join(f"<code>{escape(g)}</code>" for g in standard.naming.exempt)
    return "".join(out) + (f'<p class="l3">{word("exempt")}: {exempt}</p>' if exempt else "")


def levels(standard: Standard) -> str:
    """Return the levels of detail."""
    rows = (
        row(
            [
                code(v.code),
                *(f'<td class="{la}">{escape(getattr(v, f"name_{la}"))}</td>' for la in LANGUAGES),
                escape(v.scheme),
                sure(v.verified),
            ]
        )
        for v in standard.levels
    )
    return table(["key_code", *(f"{la}:" for la in LANGUAGES), "origin", "verified"], rows)


def rules(standard: Standard) -> str:
    """Return the rules with clause, message and how to mend."""
    rows = []
    for rule in standard.rules:
        scope = [*rule.applies_to.kinds, *rule.applies_to.classes, *rule.applies_to.layers]
        limit = "" if rule.tolerance is None else f"{rule.tolerance:g} {rule.unit}".strip()
        rows.append(
            row(
                [
                    f"<code>{escape(rule.name)}</code>"
                    f"{words({la: rule.title.get(la, '') for la in LANGUAGES})}"
                    f"<small>{escape(rule.element)}</small>"
                    f"<small>{escape(', '.join(scope))}</small>",
                    f'<span class="badge {rule.severity.value}">{rule.severity.value}</span>',
                    escape(rule.clause),
                    words({la: rule.message.get(la, "") for la in LANGUAGES}),
                    words({la: rule.hint.get(la, "") for la in LANGUAGES}),
                    escape(limit),
                ]
            )
        )
    return table(["rules", "severity", "clause", "message", "hint", "tolerance"], rows)


def mapping(standard: Standard) -> str:
    """Return how many rows of the mapping there are, and what they look at."""
    groups: dict[str, tuple[int, set[str], set[str]]] = {}
    for one in standard.mapping:
        count, reached, fields = groups.get(one.kind, (0, set(), set()))
        if one.class_code != NO_CLASS:
            reached.add(f"{one.scheme} {one.class_code}")
        named = ("layer", "source_class", "predefined_type")
        fields |= {n for n in named if getattr(one, n)} | ({one.field} - {""})
        groups[one.kind] = (count + 1, reached, fields | ({"SQL"} if one.sql else set()))
    rows = (
        row(
            [
                escape(kind) or word("any"),
                str(count),
                str(len(reached)),
                ", ".join(f"<code>{escape(f)}</code>" for f in sorted(fields)),
            ]
        )
        for kind, (count, reached, fields) in sorted(groups.items())
    )
    return table(["kind", "rows", "mapped", "field"], rows)


def unverified(standard: Standard) -> str:
    """Return what nobody has seen in a source."""
    found = [c for c in standard.class_rows if not c.verified and not c.retired]
    out = f"<p>{word('not_verified') if found else word('all_verified')}</p>"
    by_origin: dict[str, list[ClassRow]] = {}
    for one in found:
        by_origin.setdefault(one.code_origin, []).append(one)
    rows = (
        row(
            [
                escape(origin) or "—",
                str(len(many)),
                " ".join(f"<code>{escape(c.code)}</code>" for c in many),
            ]
        )
        for origin, many in sorted(by_origin.items(), key=lambda g: g[0] or _LAST)
    )
    out += table(["origin", "rows", "key_code"], rows)
    left = getattr(standard, "left_out", {})
    if any(left.values()):
        counts = ", ".join(f"{escape(str(k))} {n}" for k, n in left.items() if n)
        out += f'<p class="l3">{word("left_out")}: {counts}</p>'
    return out
