import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings

from tests.ingest.papers import damaged, docx, is_sound, outcome, paragraph, pdf
from watch.errors import NotReadableError
from watch.ingest.extract import Extract, extract
from watch.ingest.extract.mail import HEADER_LENGTH, MAX_DEPTH, MAX_PARTS
from watch.ingest.sandbox import Sandbox

HEAD = b"From: a@example.org\r\nSubject: s\r\n"


def letter(text: str = "Text.", subject: str = "Trains") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "김철수 <kim@example.org>"
    mail["To"] = "desk@example.org"
    mail["Subject"] = subject
    mail.set_content(text)
    return mail


def read(mail: EmailMessage | bytes) -> Extract:
    return extract(mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP), ".eml")


def body_of(mail: EmailMessage | bytes) -> str:
    """Return what follows the people."""
    return read(mail).text.partition("\n\n")[2]


def why_not(mail: EmailMessage | bytes) -> str:
    with pytest.raises(NotReadableError) as caught:
        read(mail)
    return str(caught.value)


def full() -> EmailMessage:
    mail = letter("북한이 미사일을 쐈다.")
    mail.add_attachment(pdf(["A page."]), maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(letter("Inner.", "Inside"))
    return mail


def test_a_mail_is_its_subject_its_people_and_its_text() -> None:
    assert read(letter("Поезда.\n\nשלום עולם.\nצاروخ.", "Über 朝鲜 и " + "длинная тема " * 9)) == (
        Extract(
            title="Über 朝鲜 и " + " ".join(["длинная тема"] * 9),
            text="From: 김철수 <kim@example.org>\nTo: desk@example.org\n\n"
            "Поезда.\n\nשלום עולם.\nצاروخ.",
        )
    )


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("=?utf-8?b?64+Z?= =?utf-8?q?_=ED=95=9C?=", "동 한"),
        ("=?utf-8?b?6w==?=\r\n =?utf-8?b?j5k=?=", "동"),
        ("=?koi8-r?b?8M/F2sTB?= x", "Поезда x"),
        ("=?utf-8*en?q?a=20b?= (=?UTF-8?Q?c?=)", "a b (c)"),
        ("=?no-such?q?caf=C3=A9?=", "café"),
        ("=?utf-8?b?a?=", "a"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("Поезда", "Поезда"),
    ],
)
def test_a_header_is_read_however_it_is_encoded(written: str, title: str) -> None:
    assert read(f"From: a@b\r\nSubject: {written}\r\n\r\n".encode()).title == title


def test_bare_bytes_in_a_header_are_read_in_the_charset_they_look_like() -> None:
    subject = "Ракеты летят над мостом и городом".encode("cp1251")
    assert read(b"From: a@b\nSubject: " + subject + b"\n\nx").title == subject.decode("cp1251")


def test_a_mail_without_a_subject_has_no_title() -> None:
    assert read(b"From: a@example.org\r\n\r\nText.") == Extract(text="From: a@example.org\n\nText.")


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Wed, 26 Aug 2026 14:01:12 +0900", datetime(2026, 8, 26, 5, 1, 12, tzinfo=UTC)),
        ("26 Aug 2026 05:01 GMT (a comment)", datetime(2026, 8, 26, 5, 1, tzinfo=UTC)),
        ("Wed, 26 Aug 2026 05:01:12 -0000", datetime(2026, 8, 26, 5, 1, 12, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:00:00 -1400", None),
        ("Wed, 31 Feb 2026 05:01:12 +0000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_mail_is_of_the_date_that_it_tells(date: str, published: datetime | None) -> None:
    mail = f"From: a@example.org\nDate: {date}\n\nText."
    assert read(mail.encode()).published == published


def test_the_language_is_the_declared_one() -> None:
    assert read(HEAD + b"Content-Language: de-DE, en\r\n\r\nText.").language == "de"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("us-ascii", "utf-8"), ("utf-8", "cp1251"), ("no-such", "cp949"), ("cp1252", "utf-8")],
)
def test_a_charset_that_lies_is_not_believed(declared: str, codec: str) -> None:
    text = {"cp1251": "Поезда пересекли мост до рассвета.", "cp949": "북한이 미사일을 쐈다."}
    words = text.get(codec, "Züge überquerten die Brücke.")
    head = HEAD + f"Content-Type: text/plain; charset={declared}\r\n".encode()
    coded = base64.encodebytes(words.encode(codec))
    mail = head + b"Content-Transfer-Encoding: base64\r\n\r\n" + coded
    assert body_of(mail) == words


def test_of_two_forms_the_richer_is_read() -> None:
    mail = letter("A text in plain letters.")
    mail.add_alternative("<title>t</title><p>A text in <b>rich</b> letters.", subtype="html")
    assert body_of(mail) == "A text in rich letters."


def test_of_two_forms_the_one_that_says_more_is_read() -> None:
    mail = letter("A text that says all of it, at length.")
    mail.add_alternative("<p>See above.", subtype="html")
    assert body_of(mail) == "A text that says all of it, at length."


def test_a_page_in_a_mail_may_declare_its_own_charset() -> None:
    page = "<meta charset=koi8-r><p>Поезда".encode("koi8-r")
    assert body_of(HEAD + b"Content-Type: text/html\r\n\r\n" + page) == "Поезда"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("format=flowed", "a suicide drone\n-- \nsigned"),
        ("format=flowed; delsp=yes", "a suicidedrone\n-- \nsigned"),
        ("format=fixed", "a suicide \ndrone\n-- \nsigned"),
    ],
)
def test_lines_that_a_program_broke_are_joined(parameters: str, text: str) -> None:
    head = HEAD + f"Content-Type: text/plain; {parameters}\r\n\r\n".encode()
    assert body_of(head + b"a suicide \r\ndrone\r\n-- \r\nsigned") == text


def test_attachments_of_known_kinds_are_read_after_their_names() -> None:
    mail = letter()
    mail.add_attachment(
        docx(paragraph("Kopf") + paragraph("Text.")),
        maintype="application",
        subtype="octet-stream",
        filename="한글 ../x/보고서.docx",
    )
    mail.add_attachment(pdf(["A page."]), maintype="application", subtype="pdf", filename="unnamed")
    mail.add_attachment("a text.", filename="a.txt")
    mail.add_attachment("<p>a page.", subtype="html", filename="b")
    assert read(mail).unread == ()
    assert body_of(mail) == (
        "Text.\n\n보고서.docx\n\nKopf\n\nText.\n\nunnamed\n\nA page.\n\na.txt\n\na text.\n\nb\n\n"
        "a page."
    )


def test_an_attachment_that_cannot_be_read_is_named_and_the_rest_is_read() -> None:
    mail = letter()
    for name in ("a.pdf", "b.doc", "c.zip", "winmail.dat"):
        mail.add_attachment(
            b"\0damaged", maintype="application", subtype="octet-stream", filename=name
        )
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="d.png")
    mail.add_attachment(b"", maintype="application", subtype="ms-tnef")
    page = read(mail)
    assert [missing.partition(";")[0] for missing in page.unread] == [
        "a.pdf: no PDF: something else",
        "b.doc: an old Word document (.doc)",
        "c.zip: no way to read this kind",
        "winmail.dat: packed in a form that only Outlook reads",
        "application/ms-tnef: packed in a form that only Outlook reads",
    ]
    assert body_of(mail) == "Text.\n\na.pdf\n\nb.doc\n\nc.zip\n\nwinmail.dat\n\nd.png"


def test_what_is_missing_of_an_attachment_is_missing_of_the_mail() -> None:
    scan = pdf(["A page."], [], picture=True)
    mail = letter()
    mail.add_attachment(scan, maintype="application", subtype="pdf", filename="a.pdf")
    assert read(mail).unread == ("a.pdf: pictures without text: page 2",)


def test_a_mail_attached_to_a_mail_is_read_with_its_attachments() -> None:
    outer = letter("Outer.")
    outer.add_attachment(full())
    packed = letter("Packed.")
    packed.add_attachment(
        full().as_bytes(), maintype="application", subtype="octet-stream", filename="a.eml"
    )
    for mail, name in ((outer, "Outer."), (packed, "Packed.\n\na.eml")):
        people = "From: 김철수 <kim@example.org>\nTo: desk@example.org"
        assert body_of(mail) == (
            f"{name}\n\nTrains\n\n{people}\n\n북한이 미사일을 쐈다.\n\na.pdf\n\nA page.\n\n"
            f"Inside\n\n{people}\n\nInner."
        )


def test_what_is_for_programs_is_left_out() -> None:
    mail = letter("Meet.")
    mail.add_alternative("BEGIN:VCALENDAR and so on, at length", subtype="calendar")
    assert body_of(mail) == "Meet."
    assert body_of(HEAD + b"Content-Type: multipart/mixed\r\n\r\nno boundary") == "no boundary"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no mail: an empty file"),
        (b"just a text\n\nand more", "no mail: it has no header such as From or Subject"),
        (b"%PDF-1.7", "no mail: a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "no mail: an old office document"),
        (HEAD + b"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b--", "encrypted (PGP)"),
        (HEAD + b"Content-Type: application/pkcs7-mime\r\n\r\nAAAA", "encrypted or sealed"),
        (HEAD + b"X: " + b"x" * (HEADER_LENGTH + 1) + b"\r\n\r\nx", "a header of more than 65536"),
    ],
)
def test_what_is_no_readable_mail_is_told_in_words(content: bytes, why: str) -> None:
    assert why_not(content).startswith(why)


def test_a_mail_that_ends_in_a_part_is_flagged() -> None:
    whole = full().as_bytes()
    page = read(whole[: whole.rindex(b"--=")])
    assert page.unread == ("its end is missing: the mail may be cut off",)
    assert page.text == read(whole).text


def test_letters_that_base64_has_not_are_flagged() -> None:
    head = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n"
    assert read(head + b"VGV4d!C4=").unread == ("a part of it is damaged",)


def test_a_mail_cut_off_anywhere_is_refused_flagged_or_lacks_its_end() -> None:
    whole = full().as_bytes()
    text = read(whole).text
    for at in range(0, len(whole), len(whole) // 20):
        try:
            page = read(whole[:at])
        except NotReadableError:
            continue
        assert page.unread or page.text == text or whole[:at].count(b"\n--") == 0


def nested(depth: int) -> bytes:
    """Return a mail of parts in parts."""
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )
    ends = b"".join(b"\r\n--b%d--" % level for level in reversed(range(depth)))
    return HEAD + parts + b"\r\nkept" + ends


def test_parts_in_parts_are_read() -> None:
    assert body_of(nested(MAX_DEPTH)) == "kept"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 200, 5_000])
async def test_parts_nested_too_deep_are_refused(sandbox: Sandbox, depth: int) -> None:
    with pytest.raises(NotReadableError, match=r"nested deeper than 50|a damaged mail"):
        await sandbox.run(extract, nested(depth), ".eml")


def test_too_many_parts_are_refused() -> None:
    head = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    assert why_not(head + b"--b\r\n\r\nx\r\n" * MAX_PARTS + b"--b--").startswith(
        f"more than {MAX_PARTS} parts"
    )


@pytest.mark.parametrize(
    "head",
    [
        b"Message-ID: <<>>\r\n",
        b"Content-Type: text/plain; charset*=a'b'%ff\r\n",
        b"Content-Type: ;;;=\r\n",
        b"Content-Disposition: inline; filename*0*=x''%; filename*1=\r\n",
        b"Content-Transfer-Encoding: uuencode\r\n",
        b"=?utf-8?q?x\r\n",
    ],
)
def test_headers_that_break_parsers_hide_nothing(head: bytes) -> None:
    assert "kept" in read(HEAD + head + b"\r\nkept").text


async def test_a_subject_of_a_thousand_encoded_words_is_read_in_time(sandbox: Sandbox) -> None:
    subject = b"Subject: " + b"=?utf-8?q?a?= " * 4_000 + b"\r\nFrom: a@b\r\n\r\nx"
    assert (await sandbox.run(extract, subject, ".eml")).title == "a" * 4_000


@settings(max_examples=300, deadline=None)
@given(damaged(full().as_bytes()) | damaged(nested(5)) | damaged(HEAD + b"\r\nText"))
def test_damaged_in_any_place_it_is_an_extract_or_refused(content: bytes) -> None:
    assert is_sound(outcome(content, ".eml"))
