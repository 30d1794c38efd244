"""The code book: all it should say, nothing that runs, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cimkit.errors import UsageError
from cimkit.standard import available, load
from cimkit.standard.formats import html

Make = Callable[..., Path]
EVIL = '<script>alert("1")</script>'
VOID = {"meta", "input", "br", "wbr"}


class Reader(HTMLParser):
    """Checks that tags are paired; keeps texts, links and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.checked = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.add(tag)
        self.links += [said[k] or "" for k in ("href", "src", "for") if k in said]
        self.ids += [said["id"] or ""] if "id" in said else []
        if "checked" in said:
            self.checked = said["id"] or ""
        assert not [k for k in said if k.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def read(file: Path) -> Reader:
    reader = Reader()
    reader.feed(file.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("name", sorted(f"{i}@{e}" for i, e, _, _ in available()))
def test_every_shipped_standard_makes_a_book(name: str, tmp_path: Path) -> None:
    standard = load(f"{name}+unverified")
    losses = html.write(standard, tmp_path / "a.html", language="all")
    page = read(tmp_path / "a.html")
    text = "\n".join(page.texts)
    for row in standard.class_rows:
        if not row.retired:
            assert row.code in page.texts
            for said in (row.name_zh, row.name_ja, row.name_en):
                assert said in text
    assert all(rule.message["en"] in page.texts for rule in standard.rules)
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert "script" not in page.tags
    assert not re.search(r"url\(|@import|https?://[^ ]*\.(js|css|woff)", page.rawdata)
    assert bool(standard.mapping) == ("mapping" in {loss.what for loss in losses})


@pytest.mark.parametrize("language", ["zh", "ja", "en", "all"])
def test_the_language_asked_for_is_shown_first(language: str, tmp_path: Path) -> None:
    html.write(load("city.linjiang"), tmp_path / "a.html", language=language)
    page = read(tmp_path / "a.html")
    assert page.checked == f"lang-{language}"
    example = page.texts.index("509912", page.texts.index("Example"))
    assert "".join(page.texts[example:]).replace("\n", "").startswith("5099120101000001")


def test_no_such_language(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such language"):
        html.write(load("cn.components"), tmp_path / "a.html", language="fr")


def test_everything_is_escaped(make: Make, tmp_path: Path) -> None:
    evil = EVIL.replace('"', '""')
    files = {
        "classes.csv": f'code,name_en,name_zh,definition,source,code_origin\n01,"{evil}","{evil}",'
        f'"{evil}","{evil}","{evil}"\n',
        "attributes.csv": f'name,title,unit,source,domain\n"{evil}","{evil}","{evil}","{evil}",d\n',
        "domains/d.csv": f'code,name_en\n"{evil}","{evil}"\n',
        "rules/r.toml": f"[[rule]]\nid = 'a'\ncheck = 'b'\nunit = '{EVIL}'\ntolerance = 1\n"
        f"clause = '{EVIL}'\nmessage.en = '{EVIL}'\nhint.en = '{EVIL}'\n",
        "naming.toml": f"exempt = ['{EVIL}']\n[[file]]\nname = '{EVIL}'\ntemplate = '{{a}}'\n"
        f"[part.a]\nsays = '{EVIL}'\n",
    }
    standard = load(make("a", files, more=f"note = '{EVIL}'\nissuer = '{EVIL}'\n"))
    html.write(standard, tmp_path / "a.html")
    page = read(tmp_path / "a.html")
    assert "script" not in page.tags
    assert page.texts.count(EVIL) > 12


def test_signs_that_nobody_sees_are_shown(make: Make, tmp_path: Path) -> None:
    rows = "code,name_en\n01,\x1b[31mLamp\n02,\u202egnp.exe\n"
    html.write(load(make("a", {"classes.csv": rows}, more='languages = ["en"]\n')), tmp_path / "b")
    text = (tmp_path / "b").read_text(encoding="utf-8")
    assert "\ufffd[31mLamp" in text
    assert "\ufffdgnp.exe" in text
    assert not {"\x1b", "\u202e"} & {*text}


def test_an_empty_standard_is_a_book_too(make: Make, tmp_path: Path) -> None:
    standard = load(
        make(
            "a",
            {
                "classes.csv": "code,name_en\n01,Only\n",
                "standard.toml": 'id="a"\nedition="1"\n[titles]\nen="A"\n',
            },
        )
    )
    assert html.write(standard, tmp_path / "a.html") == []
    assert "Only" in read(tmp_path / "a.html").texts
