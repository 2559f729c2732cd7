"""Circles in a graph of arrows: what is in one, and the shortest ways round."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def circles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """Return the circles of a graph, largest first.

    Each is a strongly connected component: nodes that all lead to one another.
    """
    reached = {node: _reached(graph, node) for node in graph}
    found = {
        frozenset(other for other in reached[node] if node in reached[other])
        for node in graph
        if node in reached[node]
    }
    return sorted((set(circle) for circle in found), key=lambda one: (-len(one), min(one)))


def told(graph: Mapping[str, set[str]]) -> list[str]:
    """Return a line for each circle, and below it the shortest way round from each of its nodes."""
    lines: list[str] = []
    for circle in circles(graph):
        rounds = {_turned(_shortest_round(graph, node)) for node in circle}
        ways = [
            " -> ".join([*way, way[0]]) for way in sorted(rounds, key=lambda one: (len(one), one))
        ]
        lines += [f"a circle of {len(circle)}: {', '.join(sorted(circle))}", *ways]
    return lines


def merged(graph: Mapping[str, set[str]], room: Callable[[str], str]) -> dict[str, set[str]]:
    """Return the graph of rooms, each of which holds some of the nodes."""
    rooms: dict[str, set[str]] = {room(node): set() for node in graph}
    for node, others in graph.items():
        rooms[room(node)] |= {room(other) for other in others} - {room(node)}
    return rooms


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    """Return every node that arrows lead to from one; itself only if it is in a circle."""
    found = set[str]()
    open_ends = [start]
    while open_ends:
        new = graph.get(open_ends.pop(), set()) - found
        found |= new
        open_ends += new
    return found


def _shortest_round(graph: Mapping[str, set[str]], start: str) -> tuple[str, ...]:
    """Return the nodes of a shortest way from one that is in a circle back to itself."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while start not in came_from:
        node = waiting.popleft()
        for other in sorted(graph.get(node, set()) - came_from.keys()):
            came_from[other] = node
            waiting.append(other)
    way = [start]
    while (node := came_from[way[-1]]) != start:
        way.append(node)
    return (start, *reversed(way[1:]))


def _turned(way: tuple[str, ...]) -> tuple[str, ...]:
    """Return a way round that begins at its first node by name: the same one from every node."""
    first = way.index(min(way))
    return way[first:] + way[:first]
