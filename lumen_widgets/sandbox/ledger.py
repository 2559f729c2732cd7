"""The credits of the sandbox's one account: a balance, and an entry for every change of it.

Two constraints hold whatever the code around them does: a task is charged once and refunded once,
and the balance is never below zero. The sum of the entries is the balance.
"""

from __future__ import annotations

import sqlite3
from typing import Any

# Enough for a day of playing, and small enough that a class can see it run out.
STARTING_BALANCE = 10_000
# An account's answer stays readable, and small, however long the server has run.
LISTED_ENTRIES = 1_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    balance INTEGER NOT NULL CHECK (balance >= 0)
);
CREATE TABLE IF NOT EXISTS ledger (
    number INTEGER PRIMARY KEY,
    task TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'charge', 'refund')),
    credits INTEGER NOT NULL,
    at REAL NOT NULL,
    UNIQUE (task, kind)
);
"""


class BalanceTooLow(Exception):
    """The account has too few credits for the task; nothing was charged."""


class Ledger:
    """The account and its entries, inside the transactions of the connection's owner.

    Parameters
    ----------
    connection
        A database that has this module's `SCHEMA`. Every change must run in a transaction.

    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def open(self, credits_: int, now: float) -> None:
        """Open the account with so many credits, or give back what a setting took since.

        What is set lasts as long as a server: a class that ran out of credits on purpose has them
        again with the next one. What tasks have spent stays spent.
        """
        self._connection.execute("INSERT OR IGNORE INTO account VALUES (1, 0)")
        row = self._connection.execute("SELECT SUM(credits) FROM ledger WHERE kind = 'grant'")
        granted = row.fetchone()[0] or 0
        if granted < credits_:
            self._enter(None, "grant", credits_ - granted, now)

    def charge(self, task: str, credits_: int, now: float) -> None:
        """Take a task's credits; raises `BalanceTooLow` if there are too few."""
        try:
            self._enter(task, "charge", -credits_, now)
        except sqlite3.IntegrityError:
            raise BalanceTooLow from None

    def refund(self, task: str, credits_: int, now: float) -> None:
        """Give a task's credits back; raises `sqlite3.IntegrityError` if that was done before."""
        self._enter(task, "refund", credits_, now)

    def set_balance(self, credits_: int, now: float) -> None:
        """Grant or take what makes the balance so many credits."""
        self._enter(None, "grant", credits_ - self.balance(), now)

    def balance(self) -> int:
        """Return the credits that are left."""
        row = self._connection.execute("SELECT balance FROM account").fetchone()
        return int(row[0])

    def entries(self) -> list[dict[str, Any]]:
        """Return the last charges (below zero) and refunds (above), newest first."""
        rows = self._connection.execute(
            "SELECT task, kind, credits, at FROM ledger WHERE kind != 'grant'"
            " ORDER BY number DESC LIMIT ?",
            (LISTED_ENTRIES,),
        )
        return [dict(zip(("task", "kind", "credits", "at"), row, strict=True)) for row in rows]

    def _enter(self, task: str | None, kind: str, credits_: int, now: float) -> None:
        self._connection.execute("UPDATE account SET balance = balance + ?", (credits_,))
        self._connection.execute(
            "INSERT INTO ledger (task, kind, credits, at) VALUES (?, ?, ?, ?)",
            (task, kind, credits_, now),
        )
