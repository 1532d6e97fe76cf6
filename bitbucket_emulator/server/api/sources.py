"""Files and folders of a commit, and the history of a file."""

from __future__ import annotations

from bitbucket_emulator.server import errors
from bitbucket_emulator.server.api import lookup
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.endpoints import Answer, Call, Endpoints, Json
from bitbucket_emulator.server.paging import Envelope
from bitbucket_emulator.server.render import sources as render
from bitbucket_emulator.server.render.sources import Entry
from bitbucket_emulator.world import graph, trees
from bitbucket_emulator.world.model import Repository

endpoints = Endpoints()

# recorded: page, pagelen and next with an opaque token, no size (FACTS 1)
_ENTRIES = Envelope(counted=False, opaque="page")
_HISTORY = Envelope(counted=False)
_BASE = "/repositories/{workspace}/{repo_slug}"


@endpoints.get(f"{_BASE}/src", "repository")
def main_branch(call: Call) -> Answer:
    """302 to the root folder of the main branch."""
    home = lookup.open_repository(call)
    if home.mainbranch is None:
        raise errors.no_changeset()
    root = f"{call.address.rstrip('/')}/{home.branches[home.mainbranch]}/"
    return Answer(302, "", {"Location": root}, "text/html; charset=utf-8")


@endpoints.get(f"{_BASE}/src/{{commit}}/{{path:path}}", "repository")
def source(call: Call) -> Json | Answer:
    """A folder, or a file: its bytes, or with `format=meta` what it is.

    The root folder has the slash at its end and no path; without the slash there is nothing (FACTS 12).
    """
    home = lookup.open_repository(call)
    commit, path = _commit(call, home), call.parameters["path"].strip("/")
    files = trees.files(home, commit)
    if path in files:
        if call.one("format") == "meta":
            return render.file(call.view, home, commit, Entry(path, len(files[path].encode())))
        headers = {"Content-Disposition": f'attachment; filename="{path.rpartition("/")[2]}"'}
        return Answer(200, files[path], headers, "text/plain")
    if path and not any(each.startswith(f"{path}/") for each in files):
        raise errors.not_found(f"No such file or directory: {path}")
    if call.one("format") == "meta":
        return render.folder(call.view, home, commit, Entry(path))
    return _folder(call, home, commit, path, files)


@endpoints.get(f"{_BASE}/filehistory/{{commit}}/{{path:path}}", "repository")
def history(call: Call) -> Json:
    """The commits that touched a file, newest first, each with the file as it left it."""
    home = lookup.open_repository(call)
    commit, path = _commit(call, home), call.parameters["path"].strip("/")
    rows = [each.hash for each in graph.log(home, [commit], path=path)]
    if not rows:
        raise errors.not_found(f"No such file or directory: {path}")

    def shown(commit_hash: str) -> Json:
        text = trees.files(home, commit_hash).get(path, "")
        return render.file(call.view, home, commit_hash, Entry(path, len(text.encode())))

    return call.page(rows, shown, _HISTORY)


def _commit(call: Call, home: Repository) -> str:
    """The hash of the commit; one that is not there is told as lists of commits tell it (errors.json)."""
    (found,) = lookup.revisions(home, [call.parameters["commit"]])
    return found


def _folder(call: Call, home: Repository, commit: str, path: str, files: dict[str, str]) -> Json:
    depth = call.one("max_depth") or "1"
    if not depth.isdecimal() or int(depth) < 1:
        raise errors.error(400, "Invalid max_depth")
    found: dict[str, Entry] = {}
    for each, text in files.items():
        if path and not each.startswith(f"{path}/"):
            continue
        below = each[len(path) + 1 :] if path else each
        parts = below.split("/")
        for length in range(1, min(len(parts), int(depth)) + 1):
            name = "/".join(([path] if path else []) + parts[:length])
            found[name] = Entry(name, len(text.encode()) if length == len(parts) else None)
    rows = call.select([found[name] for name in sorted(found)], _FIELDS)
    return call.page(rows, lambda row: render.entry(call.view, home, commit, row), _ENTRIES)


_FIELDS = {
    "path": Field(lambda row: row.path),
    "type": Field(lambda row: "commit_directory" if row.size is None else "commit_file"),
    "size": Field(lambda row: row.size, "number"),
}
