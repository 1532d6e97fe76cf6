"""The files of a repository and how commits change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.generate import words
from bitbucket_emulator.world.model import FileChange

if TYPE_CHECKING:
    from random import Random


class Files:
    """The paths a repository has on its main branch, and who may take one away: each is removed at most once."""

    def __init__(self, language: str, *, monorepo: bool, random: Random) -> None:
        """Lay out the folders of a project in `language`; a monorepo has several such projects."""
        folders, self._ending, lock = words.LANGUAGES[language]
        tops = words.MONOREPO if monorepo else ("",)
        self._random = random
        self._serial = 0
        self.lock_files = [f"{top}/{lock}".lstrip("/") for top in tops]
        self.areas: list[list[str]] = []
        for top in tops:
            area = [
                f"{top}/{folder}/{name}.{self._ending}".lstrip("/") for folder in folders for name in words.FILES[:7]
            ]
            self.areas.append([f"{top}/README.md".lstrip("/"), *area])

    def first_import(self) -> list[FileChange]:
        """Everything added."""
        paths = [path for area in self.areas for path in area] + self.lock_files
        return [FileChange(path, "added", 20 + len(path) * 7 % 180, 0) for path in paths]

    def area(self) -> list[str]:
        """The part of the repository that one piece of work touches."""
        return self.areas[int(self._random.random() ** 1.5 * len(self.areas))]

    def change(self, area: list[str], size: float = 1.0) -> list[FileChange]:
        """What a commit does: mostly edits of few files, some of them far more often changed than the others."""
        random = self._random
        count = min(1 + int(random.expovariate(1 / (1.2 * size))), 30, len(area))
        paths = dict.fromkeys(area[int(random.random() ** 1.8 * len(area))] for _ in range(count))
        changes = [FileChange(path, "modified", *self._lines(size)) for path in paths]
        kind = random.random()
        if kind < 0.16 * size:
            changes.append(FileChange(self._new_path(area), "added", self._lines(2 * size)[0] + 5, 0))
        elif kind > 0.975 and len(area) > 12:
            old = area.pop()
            if old not in paths:
                changes.append(FileChange(old, "removed", 0, random.randrange(8, 120)))
        elif kind > 0.95 and len(area) > 12:
            old = area.pop()
            if old not in paths:
                changes.append(
                    FileChange(self._new_path(area), "renamed", random.randrange(9), random.randrange(9), old)
                )
        return sorted(changes)

    def adopt(self, area: list[str], changes: list[FileChange]) -> None:
        """Let others work on the files that a merge brought."""
        area += [change.path for change in changes if change.status in ("added", "renamed")]

    def bump(self) -> list[FileChange]:
        """What a dependency update changes."""
        lines = self._random.randrange(4, 900)
        return [
            FileChange(
                self._random.choice(self.lock_files), "modified", lines, max(lines - self._random.randrange(40), 0)
            )
        ]

    def _lines(self, size: float) -> tuple[int, int]:
        random = self._random
        return 1 + int(random.lognormvariate(1.9, 1.1) * size), int(random.lognormvariate(1.0, 1.2) * size)

    def _new_path(self, area: list[str]) -> str:
        self._serial += 1
        name = self._random.choice(words.FILES)
        return f"{self._random.choice(area).rpartition('/')[0]}/{name}_{self._serial}.{self._ending}".lstrip("/")
