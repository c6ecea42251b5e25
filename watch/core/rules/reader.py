"""The tokens of an expression as a parser reads them, misspelt operators put right on the way.

What is put right is a fault all the same; it only lets the rest be read.
"""

from typing import NoReturn

from watch.core.rules.faults import ExpressionError, Fault
from watch.core.rules.lexer import BEGINS_OPERAND, Kind, Token, read_tokens
from watch.core.rules.misspelt import Meant, count_meant, meant_before, meant_between
from watch.core.rules.readings import excerpt


class Reader:
    """Tokens, the place reached in them, and the faults met so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens, self.faults = read_tokens(text)
        self.at = 0

    @property
    def token(self) -> Token:
        """The token reached; the last is the end."""
        return self.tokens[self.at]

    @property
    def next(self) -> Token:
        """The token behind it."""
        return self.ahead(1)

    def ahead(self, ahead: int) -> Token:
        """Return the token so far behind it, or the end."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def add(self, start: int, end: int, text: str, remedy: str) -> None:
        """Add a fault; what is behind it is read all the same."""
        self.faults.append(Fault(start=start, end=end, text=text, remedy=remedy))

    def stop_at(self, token: Token, text: str, remedy: str) -> NoReturn:
        """Raise everything that is wrong, with a fault at a token."""
        self.stop(token.start, token.end, text, remedy)

    def stop(self, start: int, end: int, text: str, remedy: str) -> NoReturn:
        """Raise everything that is wrong, this with it: behind it nothing can be read."""
        self.add(start, end, text, remedy)
        raise ExpressionError(self.faults)

    def mend_before(self) -> None:
        """Put the operator meant in place of words that spell it otherwise: `not X`."""
        token, behind = self.token, self.next
        if token.kind is not Kind.WORD:
            return
        of = behind.kind is Kind.OF or (behind.kind is Kind.WORD and behind.value.lower() == "of")
        if of and self.ahead(2).kind is Kind.OPEN:
            self._mend_count(token, behind)
            return
        meant = meant_before(self._raw_words())
        if meant is not None and self.ahead(meant.words).kind in BEGINS_OPERAND | {Kind.NOT}:
            self._mend(meant)

    def _mend_count(self, token: Token, of: Token) -> None:
        if token.value.lower() == "all":
            self.stop(token.start, of.end, "all of a list is AND", "write (A AND B AND C)")
        count = count_meant(token.value)
        if count is None and not token.value.isdigit():
            return
        number = token.value if count is None else str(count)
        if count is not None or of.kind is not Kind.OF:
            typed = f"{token.value} {of.value}"
            self.add(token.start, of.end, f"'{typed}' is no operator", f"write {number} OF")
        self.tokens[self.at] = Token(kind=Kind.WORD, start=token.start, end=token.end, value=number)
        self.tokens[self.at + 1] = Token(kind=Kind.OF, start=of.start, end=of.end, value="OF")

    def mend_between(self) -> None:
        """Put the operator meant behind an operand; stop where there is none."""
        token, behind = self.token, self.next
        match token.kind:
            case Kind.AND | Kind.OR | Kind.PROXIMITY | Kind.CLOSE | Kind.COMMA | Kind.END:
                return
            case Kind.NOT if behind.kind is Kind.PROXIMITY:
                return
            case Kind.OF:
                remedy = "write 2 OF (A, B, C)"
                self.stop_at(token, "OF needs a number before and a list behind it", remedy)
        words = self._raw_words()
        meant = meant_between(words) if words else None
        is_lone_not = token.kind is Kind.NOT and (meant is None or meant.words == 1)
        if meant is not None and not is_lone_not:
            self._mend(meant)
        elif is_lone_not:
            text = "NOT joins nothing: an operator is missing before it"
            self.add(token.start, token.end, text, "write AND NOT")
            self.tokens.insert(
                self.at, Token(kind=Kind.AND, start=token.start, end=token.start, value="AND")
            )
        else:
            self._stop_side_by_side()

    def _mend(self, meant: Meant) -> None:
        first, last = self.token, self.ahead(meant.words - 1)
        self.add(first.start, last.end, meant.text, meant.remedy)
        made = read_tokens(meant.operator)[0][:-1]
        self.tokens[self.at : self.at + meant.words] = [
            Token(kind=each.kind, start=first.start, end=last.end, value=each.value)
            for each in made
        ]

    def _raw_words(self) -> list[str]:
        """Return the next words as they are typed: what may be meant as an operator."""
        words = []
        for token in self.tokens[self.at : self.at + 3]:
            if token.kind not in {Kind.WORD, Kind.NOT}:
                break
            words.append(token.value)
        return words

    def _stop_side_by_side(self) -> NoReturn:
        before, token = self.tokens[self.at - 1], self.token
        if before.kind is Kind.WORD and token.kind is Kind.WORD:
            last = self.at
            while self.tokens[last + 1].kind is Kind.WORD:
                last += 1
            first = self.at - 1
            start, end = self.tokens[first].start, self.tokens[last].end
            phrase = excerpt(self.text[start:end]).strip("'‘’«»‹›「」『』`")
            remedy = f'write "{phrase}", or AND, OR, NEAR/8 between the words'
            self.stop(start, end, "a phrase needs quotes", remedy)
        names = [self.named(before), self.named(token)]
        text = f"no operator between {names[0]} and {names[1]}"
        remedy = "write AND, OR or NEAR/8 between them"
        if before.kind is Kind.ITEM and token.kind is Kind.WORD:
            remedy += f"; an id has no spaces: {names[0]}-{names[1]}"
        self.stop(token.start, token.end, text, remedy)

    def stop_without_operand(self) -> NoReturn:
        """Raise that an operand is missing here."""
        token = self.token
        before = self.tokens[self.at - 1] if self.at else None
        names = (self.named(before) if before else "", self.named(token))
        if before is None or before.kind is Kind.OPEN:
            if token.kind is Kind.CLOSE:
                text, remedy = "nothing opens this parenthesis", "take it out, or open it with ("
            elif token.kind is Kind.END and before is not None:
                self.stop_at(before, "this parenthesis is not closed", "close it with )")
            else:
                text = f"{names[1]} needs something before it"
                remedy = f"write {'2 OF (A, B)' if token.kind is Kind.OF else f'A {names[1]} B'}"
            self.stop_at(token, text, remedy)
        if token.kind in {Kind.END, Kind.CLOSE, Kind.COMMA} or before.kind is Kind.COMMA:
            remedy = "write an operand there, or take it out"
            self.stop_at(before, f"{names[0]} needs something behind it", remedy)
        text = f"{names[0]} and {names[1]} with nothing between them"
        self.stop(before.start, token.end, text, "take one of them out")

    def named(self, token: Token) -> str:
        """Return a token as it is written."""
        return excerpt(self.text[token.start : token.end]) or token.value
