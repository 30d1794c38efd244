"""The files inside a BCF file, as its schemas of the editions 3.0 and 2.1 want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cimkit.reporters._cameras import Camera
from cimkit.reporters._xml import legal

if TYPE_CHECKING:
    from cimkit.checks import Verdict

__all__ = ["Markup", "Topic", "View"]

_KINDS = ("Report", "Error", "Warning", "Info")
_STATUS = "Open"


@dataclass(frozen=True, slots=True)
class View:
    """A viewpoint."""

    guid: str
    row: int
    """Which of the topic's places it looks at."""
    selected: tuple[str, ...]
    """GlobalIds."""
    camera: Camera


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic."""

    guid: str
    title: str
    kind: str
    index: int
    labels: tuple[str, ...]
    description: str
    files: tuple[str, ...]
    comments: tuple[tuple[str, str, str], ...]
    """Guid, text, and guid of the viewpoint it is about or ""."""
    views: tuple[View, ...]


class Markup:
    """Writes topics in one edition of BCF."""

    def __init__(self, edition: str, verdict: Verdict, language: str) -> None:
        self.edition = edition
        self.new = edition == "3.0"
        self.author = str(verdict.receipt.get("tool") or "cimkit")
        self.date = str(verdict.receipt.get("checked") or "1970-01-01T00:00:00+00:00")
        self.rules = [result.rule for result in verdict.rules]
        self.words = sorted({str(word) for r in verdict.rules for word in r.words})
        self.project = str(verdict.receipt.get("delivery") or verdict.receipt.get("standard"))

    def frame(self) -> dict[str, bytes]:
        """Return the files that stand beside the topics."""
        from lxml import etree

        version = etree.Element("Version", VersionId=self.edition)
        if not self.new:
            _add(version, "DetailedVersion", self.edition)
            return {"bcf.version": _bytes(version)}
        project = etree.Element("ProjectInfo")
        _add(_add(project, "Project", ProjectId=legal(self.project)), "Name", self.project)
        extensions = etree.Element("Extensions")
        for many, one, values in (
            ("TopicTypes", "TopicType", _KINDS),
            ("TopicStatuses", "TopicStatus", (_STATUS,)),
            ("Priorities", "Priority", ()),
            ("TopicLabels", "TopicLabel", self._labels()),
            ("Users", "User", (self.author,)),
            ("SnippetTypes", "SnippetType", ()),
            ("Stages", "Stage", ()),
        ):
            held = _add(extensions, many)
            for value in values:
                _add(held, one, value)
        return {
            "bcf.version": _bytes(version),
            "project.bcfp": _bytes(project),
            "extensions.xml": _bytes(extensions),
        }

    def _labels(self) -> list[str]:
        return ["accepted", "rejected", "incomplete", *self.rules, *self.words]

    def files(self, topic: Topic) -> dict[str, bytes]:
        """Return the files of a topic by name."""
        found = {"markup.bcf": self._markup(topic)}
        for n, view in enumerate(topic.views):
            found[_name(n)] = self._view(view)
        return found

    def _markup(self, topic: Topic) -> bytes:
        from lxml import etree

        root = etree.Element("Markup")
        if topic.files:
            header = _add(root, "Header")
            held = _add(header, "Files") if self.new else header
            for path in topic.files:
                file = _add(held, "File", **{"IsExternal" if self.new else "isExternal": "true"})
                _add(file, "Filename", path)
                _add(file, "Reference", path)
        kind = {"TopicType": topic.kind, "TopicStatus": _STATUS}
        made = _add(root, "Topic", Guid=topic.guid, **kind)
        _add(made, "Title", topic.title)
        _add(made, "Index", str(topic.index))
        labels = _add(made, "Labels") if self.new else made
        for label in topic.labels:
            _add(labels, "Label" if self.new else "Labels", label)
        _add(made, "CreationDate", self.date)
        _add(made, "CreationAuthor", self.author)
        _add(made, "Description", topic.description)
        comments = _add(made, "Comments") if self.new else root
        for guid, text, view in topic.comments:
            comment = _add(comments, "Comment", Guid=guid)
            _add(comment, "Date", self.date)
            _add(comment, "Author", self.author)
            _add(comment, "Comment", text)
            if view:
                _add(comment, "Viewpoint", Guid=view)
        if topic.views:
            views = _add(made, "Viewpoints") if self.new else root
            for n, seen in enumerate(topic.views):
                one = _add(views, "ViewPoint" if self.new else "Viewpoints", Guid=seen.guid)
                _add(one, "Viewpoint", _name(n))
                _add(one, "Index", str(n))
        return _bytes(root)

    def _view(self, view: View) -> bytes:
        from lxml import etree

        root = etree.Element("VisualizationInfo", Guid=view.guid)
        components = _add(root, "Components")
        if view.selected:
            selection = _add(components, "Selection")
            for guid in view.selected:
                _add(selection, "Component", IfcGuid=guid)
        _add(components, "Visibility", DefaultVisibility="true")
        camera = _add(root, "PerspectiveCamera")
        for name, vector in (
            ("CameraViewPoint", view.camera.position),
            ("CameraDirection", view.camera.direction),
            ("CameraUpVector", view.camera.up),
        ):
            made = _add(camera, name)
            for axis, value in zip("XYZ", vector, strict=True):
                _add(made, axis, f"{value:.6f}")
        _add(camera, "FieldOfView", f"{view.camera.field:g}")
        if self.new:
            _add(camera, "AspectRatio", "1.5")
        return _bytes(root)


def _name(n: int) -> str:
    return "viewpoint.bcfv" if n == 0 else f"viewpoint_{n}.bcfv"


def _add(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    from lxml import etree

    made = etree.SubElement(parent, name, {k: legal(v) for k, v in attributes.items()})
    if text:
        made.text = legal(text)
    return made


def _bytes(root: Any) -> bytes:
    from lxml import etree

    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written
