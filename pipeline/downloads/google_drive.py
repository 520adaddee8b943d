"""Google Drive answers a large file with a page that asks for confirmation, or says that its quota is used up."""

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

DOMAINS = ("google.com", "googleusercontent.com")


def is_drive(address: str) -> bool:
    """Whether Google answers at this address."""
    host = urlsplit(address).hostname or ""
    return any(host == domain or host.endswith("." + domain) for domain in DOMAINS)


def confirmed_address(page: str, address: str) -> str | None:
    """Address of the file behind the confirmation page found at `address`; None when the page is another one."""
    form = _Form()
    form.feed(page)
    if form.action is None or not form.fields:
        return None
    target = urljoin(address, form.action)
    if not is_drive(target):
        return None
    return f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(form.fields)}"


def complaint(page: str) -> str:
    """What a page that came instead of a file says, in a few words."""
    if "quota" in page.lower() or "too many users" in page.lower():
        return "Google gives the file to nobody for now, it was downloaded too often: try again tomorrow"
    return "Google answers with a web page instead of the file"


class _Form(HTMLParser):
    """The download form of a page and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = values.get("id") == "download-form"
            if self._inside:
                self.action = values.get("action")
        elif tag == "input" and self._inside and values.get("type") == "hidden" and "name" in values:
            self.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
