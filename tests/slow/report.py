"""What happened under each fault, as a table for the end of the run."""

from dataclasses import dataclass, field

from escalation.audit import Finding
from tests.slow.rig import Rig


@dataclass
class Report:
    """One row for each fault; ``add`` also fails the test that broke an invariant."""

    rows: list[tuple[str, int, int, float, float]] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)
    was_busy: bool = False

    def add(self, fault: str, rig: Rig, *, late_allowed: bool = False) -> None:
        """Count what a fault did to the pages. ``late_allowed``: nothing could be sent in time (I6).

        A machine that has much else to do gets three times the five seconds.
        """
        findings = [row for row in rig.audit() if not ((late_allowed or rig.is_busy) and row.key == "I6")]
        late = rig.lateness()
        self.was_busy |= rig.is_busy
        receipts = rig.sink.receipts()
        doubled = sum(count - 1 for count in receipts.values())
        self.rows.append((fault, len(late), doubled, _percentile(late, 0.5), late[-1] if late else 0.0))
        for row in findings:
            self.broken[row.key] = self.broken.get(row.key, 0) + row.violations
        assert _broken(findings) == []
        if late and not late_allowed:
            assert late[-1] <= (15 if rig.is_busy else 5), f"{fault}: {late[-1]:.1f} s late"

    def lines(self) -> list[str]:
        """Return the table."""
        head = f"{'fault':56} {'pages':>6} {'twice':>6} {'p50 s':>7} {'max s':>7}"
        body = [
            f"{name:56} {n:>6} {twice:>6} {p50:>7.2f} {worst:>7.2f}"
            for name, n, twice, p50, worst in self.rows
        ]
        pages = sum(row[1] for row in self.rows)
        twice = "“twice” is received again after an outcome that nobody could know; in the ledger none is."
        kept = ", ".join(f"{key} {count}" for key, count in self.broken.items())
        busy = ["The machine had much else to do, and its figures say so."] if self.was_busy else []
        return [head, *body, f"{pages} pages in all. {twice}", f"Violations by invariant: {kept}", *busy]


def _broken(findings: list[Finding]) -> list[str]:
    return [f"{row.key} {row.promise}: {row.samples}" for row in findings if not row.holds]


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
