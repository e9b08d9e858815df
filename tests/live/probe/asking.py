"""Asking one server questions, and judging its answers."""


class Interview:
    """Questions to one server, which answers as AWS would, but for those that `differs` names with their own outcome."""

    def __init__(self, server, differs):
        self.server = server
        self.differs = dict(differs)
        self.failures = 0

    def ask(self, question, expected, answer):
        """Prints an answer and returns it; `expected` is `accepted`, `refused` or a status."""
        status, code, _ = answer
        expected = self.differs.pop(question, expected)
        got = "accepted" if status < 300 else "refused" if status in (400, 401, 403) else str(status)
        right = expected in (got, str(status))
        self.failures += not right
        print(f"{self.server:<10} {question:<62} {status} {code}{'' if right else f'   EXPECTED {expected}'}")
        return answer

    def confirm(self, question, truth):
        """Like `ask`, for a question about an answer that was accepted."""
        self.failures += not truth
        print(f"{self.server:<10} {question:<62} {'yes' if truth else 'no   EXPECTED yes'}")

    def end(self):
        """The number of wrong answers; a difference that was never asked about is one."""
        for question in self.differs:
            print(f"{self.server:<10} was never asked: {question}")
        return self.failures + len(self.differs)
