"""Commits, branches, tags and rows of a diffstat."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from bitbucket_emulator.server import timestamps
from bitbucket_emulator.server.fields import Abbreviated
from bitbucket_emulator.server.render import people
from bitbucket_emulator.server.render.repositories import repository
from bitbucket_emulator.server.render.view import SITE, View, link, quoted, rendered
from bitbucket_emulator.world.model import Commit, FileChange, Repository, Tag

Json = dict[str, Any]
CommitForm = Literal["listed", "pull_request", "target", "single"]

_MERGE_STRATEGIES = (
    "merge_commit",
    "squash",
    "fast_forward",
    "squash_fast_forward",
    "rebase_fast_forward",
    "rebase_merge",
)


def author(view: View, raw: str) -> Json:
    """A signature; `user` is absent where the e-mail belongs to nobody (FACTS 10)."""
    account = people.user(view, view.world.account(raw))
    shown: Json = {"type": "author", "raw": raw}
    return shown if account is None else {**shown, "user": account}


def short_commit(view: View, repo: Repository, commit_hash: str) -> Json:
    """A commit of which only the hash is shown, as wide as it is given (12 or 40 digits)."""
    name = view.full_name(repo)
    shown = {
        "hash": commit_hash,
        "links": {
            "self": link(f"{view.api}/repositories/{name}/commit/{commit_hash}"),
            "html": link(f"{SITE}/{name}/commits/{commit_hash}"),
        },
        "type": "commit",
    }

    def more() -> Json:
        # 12 digits stay 12 digits; everything else comes from the commit itself, where it is still there
        found = next((each for key, each in repo.commits.items() if key.startswith(commit_hash)), None)
        return shown if found is None else {**commit(view, repo, found), **shown}

    return Abbreviated(shown, more)


def commit(view: View, repo: Repository, entry: Commit, form: CommitForm = "listed") -> Json:
    """A commit.

    Args:
        view: the client's view.
        repo: the repository through which it is looked at.
        entry: the commit.
        form: `target` of a ref lacks summary and rendered; `pull_request` lacks rendered; `single` has participants
            too (recordings).
    """
    name = view.full_name(repo)
    base = f"{view.api}/repositories/{name}"
    shown: Json = {
        "type": "commit",
        "hash": entry.hash,
        "date": timestamps.whole_seconds(entry.date),
        "author": author(view, entry.author_raw),
        "message": entry.message,
    }
    message = rendered(entry.message)
    if form != "target":
        shown["summary"] = message
    shown["links"] = {
        "self": link(f"{base}/commit/{entry.hash}"),
        "html": link(f"{SITE}/{name}/commits/{entry.hash}"),
        "diff": link(f"{base}/diff/{entry.hash}"),
        "approve": link(f"{base}/commit/{entry.hash}/approve"),
        "comments": link(f"{base}/commit/{entry.hash}/comments"),
        "statuses": link(f"{base}/commit/{entry.hash}/statuses"),
        "patch": link(f"{base}/patch/{entry.hash}"),
    }
    shown["parents"] = [short_commit(view, repo, parent) for parent in entry.parents]
    if form in ("listed", "single"):
        shown["rendered"] = {"message": message}
    shown["repository"] = repository(view, repo)
    if form == "single":
        shown["participants"] = []
    return shown


def branch(view: View, repo: Repository, name: str) -> Json:
    """A branch with its head."""
    base = f"{view.api}/repositories/{view.full_name(repo)}"
    return {
        "name": name,
        "target": commit(view, repo, repo.commits[repo.branches[name]], "target"),
        "links": {
            "self": link(f"{base}/refs/branches/{quoted(name)}"),
            "commits": link(f"{base}/commits/{quoted(name)}"),
            "html": link(f"{SITE}/{view.full_name(repo)}/branch/{quoted(name)}"),
        },
        "type": "branch",
        "merge_strategies": list(_MERGE_STRATEGIES),
        "sync_strategies": ["merge_commit", "rebase"],
        "default_merge_strategy": "merge_commit",
    }


def tag(view: View, repo: Repository, entry: Tag) -> Json:
    """A tag; message, date and tagger are null for a lightweight one (FACTS 10)."""
    base = f"{view.api}/repositories/{view.full_name(repo)}"
    return {
        "name": entry.name,
        "type": "tag",
        "message": entry.message,
        "date": timestamps.whole_seconds(entry.date),
        "tagger": None if entry.tagger_raw is None else author(view, entry.tagger_raw),
        "target": commit(view, repo, repo.commits[entry.target], "target"),
        "links": {
            "self": link(f"{base}/refs/tags/{quoted(entry.name)}"),
            "commits": link(f"{base}/commits/{quoted(entry.name)}"),
            "html": link(f"{SITE}/{view.full_name(repo)}/commits/tag/{quoted(entry.name)}"),
        },
    }


def diffstat(view: View, new_repo: Repository, new: str, old_repo: Repository, old: str, change: FileChange) -> Json:
    """A changed file between two commits; an added one has no old side, a removed one no new side."""

    def side(repo: Repository, commit_hash: str, path: str) -> Json:
        escaped = quote(path, safe="/")
        return {
            "path": path,
            "type": "commit_file",
            "escaped_path": escaped,
            "links": {"self": link(f"{view.repository_url(repo)}/src/{commit_hash}/{escaped}")},
        }

    return {
        "type": "diffstat",
        "lines_added": change.lines_added,
        "lines_removed": change.lines_removed,
        "status": change.status,
        "old": None if change.status == "added" else side(old_repo, old, change.old_path or change.path),
        "new": None if change.status == "removed" else side(new_repo, new, change.path),
    }
