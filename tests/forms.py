"""Reads the forms of a page and fills them in as a browser does that nobody touches."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str | None]


@dataclass
class PageForm:
    """One form of a page; `data` is what a browser sends, buttons left out."""

    action: str = ""
    data: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str | None, value: str) -> None:
        if name:
            self.data.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self.form: PageForm | None = None
        self.text: tuple[str, list[str]] | None = None
        self.select: tuple[str, list[tuple[str, bool]]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        elif tag == "form" and (values.get("method") or "").lower() == "post":
            self.form = PageForm(values.get("action") or "")
            self.forms.append(self.form)
        elif self.form is None:
            return
        elif tag == "input":
            self._input(values)
        elif tag == "textarea":
            self.text = (values.get("name") or "", [])
        elif tag == "select":
            self.select = (values.get("name") or "", [])
        elif tag == "option" and self.select:
            self.select[1].append((values.get("value") or "", "selected" in values))

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if self.form is None:
            return
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.text:
            text = re.sub(r"\r\n?", "\n", "".join(self.text[1])).removeprefix("\n")
            self.form.add(self.text[0], text.replace("\n", "\r\n"))
            self.text = None
        elif tag == "select" and self.select:
            name, options = self.select
            chosen = [value for value, is_selected in options if is_selected]
            for value in chosen[-1:] or [value for value, _ in options[:1]]:
                self.form.add(name, re.sub(r"\r\n?|\n", "\r\n", value))
            self.select = None

    def _input(self, values: Attributes) -> None:
        assert self.form is not None
        kind = values.get("type") or "text"
        if kind in ("checkbox", "radio") and "checked" not in values:
            return
        if kind in ("submit", "button", "file", "image", "reset"):
            return
        default = "on" if kind in ("checkbox", "radio") else ""
        value = values.get("value", default) or ""
        # A field of one line drops line breaks; all others send both characters of each.
        is_line = kind in ("text", "search", "url", "email", "tel", "password", "number", "date")
        value = re.sub(r"\r\n?|\n", "" if is_line else "\r\n", value)
        self.form.add(values.get("name"), value)


def read_page(text: str) -> tuple[list[PageForm], list[str]]:
    """Return the forms of a page that send a POST, and the addresses of its links."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.forms, reader.links
