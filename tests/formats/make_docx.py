"""Word documents for the tests, part by part, with everything in them that must not become words of a session."""

import io
import zipfile

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NAMESPACES = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{_OFFICE}"'


def paragraph(inner):
    return f"<w:p>{inner}</w:p>"


def run(words):
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def says(*lines):
    return "".join(paragraph(run(line)) for line in lines)


def table(*rows):
    cells = ("".join(f"<w:tc>{says(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def docx(body, *, prolog='<?xml version="1.0" encoding="UTF-8"?>', more=None):
    """The bytes of a .docx with this body; `more` adds or replaces parts, {name: content}."""

    def part(root, inner):
        return f'<?xml version="1.0" encoding="UTF-8"?><w:{root} {_NAMESPACES}>{inner}</w:{root}>'

    kinds = ("header", "footer", "comments", "footnotes")
    links = "".join(f'<Relationship Id="r{kind}" Type="{_OFFICE}/{kind}" Target="{kind}.xml"/>' for kind in kinds)
    link = f'<Relationship Id="rlink" Type="{_OFFICE}/hyperlink" Target="http://hidden.example" TargetMode="External"/>'
    main = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    open_tag = f'<Relationships xmlns="{_PACKAGE}/relationships">'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f"{open_tag}{main}</Relationships>",
        "docProps/core.xml": '<cp xmlns="urn:x"><creator>hidden author</creator></cp>',
        "word/_rels/document.xml.rels": f"{open_tag}{links}{link}</Relationships>",
        "word/document.xml": f"{prolog}<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/header.xml": part("hdr", says("hidden header")),
        "word/footer.xml": part("ftr", says("hidden footer")),
        "word/comments.xml": part("comments", f'<w:comment w:id="0">{says("hidden comment")}</w:comment>'),
        "word/footnotes.xml": part("footnotes", f'<w:footnote w:id="2">{says("hidden footnote")}</w:footnote>'),
        **(more or {}),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return data.getvalue()
