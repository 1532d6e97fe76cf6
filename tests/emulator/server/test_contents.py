"""Files, diffs, patches, histories of files, comments on commits, downloads."""

from __future__ import annotations

import re

import pytest
import requests

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import add_download, comment_commit, open_pull_request, push

from ..client import API, Client


@pytest.fixture
def files(emulator: Emulator, client: Client) -> Client:
    """acme/web with a branch `topic`: one file changed, one moved, one new in a folder of a folder."""
    world = emulator.world
    push(world, "web", "main", "ada", files={"a.py": [3, 0], "old.py": [2, 0], "docs/guide/one.md": [4, 0]})
    changed = {
        "a.py": [2, 1],
        "docs/new.md": {"status": "added", "lines": [1, 0]},
        "moved.py": {"old_path": "old.py", "lines": [1, 0]},
    }
    push(world, "web", "topic", "bob", message="Rework\n\nAs agreed.\n", files=changed)
    return client


def head(client: Client, branch: str) -> str:
    found: str = client.json(f"refs/branches/{branch}")["target"]["hash"]
    return found


def test_a_folder_and_its_files(files: Client) -> None:
    commit = head(files, "topic")
    page = files.json(f"src/{commit}/?pagelen=100")
    assert page.keys() == {"page", "pagelen", "values"}
    rows = {row["path"]: row["type"] for row in page["values"]}
    assert rows["docs"] == "commit_directory"
    assert (rows["a.py"], rows["moved.py"], "old.py" in rows) == ("commit_file", "commit_file", False)
    assert files.values(f"src/{commit}/docs", "path") == ["docs/guide", "docs/new.md"]
    deep = files.values(f"src/{commit}/docs?max_depth=2", "path")
    assert deep == ["docs/guide", "docs/guide/one.md", "docs/new.md"]
    assert files.values(f'src/{commit}/?q=type="commit_directory"', "path") == ["docs", "src"]


def test_a_file_and_what_it_is(files: Client) -> None:
    commit = head(files, "topic")
    raw = files.get(f"src/{commit}/a.py")
    assert raw.status_code == 200
    assert raw.text.splitlines() == ["a.py: 1", "a.py: 2", "a.py: 3", "a.py: 4"]
    assert raw.headers["Content-Disposition"] == 'attachment; filename="a.py"'
    meta = files.json(f"src/{commit}/a.py?format=meta")
    assert (meta["type"], meta["path"], meta["size"]) == ("commit_file", "a.py", len(raw.content))
    assert meta["commit"]["hash"] == commit
    assert files.error(f"src/{commit}/nothing.py")[0] == 404


def test_the_root_wants_its_slash_and_branches_none(files: Client) -> None:
    assert files.get("src/main/").status_code == 200
    assert files.get("src/main").status_code == 404
    push(files.emulator.world, "web", "feature/x", "bob", files={"x.py": [1, 0]})
    assert files.get("src/feature%2Fx/").status_code == 404
    assert files.get(f"src/{head(files, 'feature%2Fx')}/").status_code == 200


def test_src_leads_to_the_main_branch(files: Client) -> None:
    answer = files.get("src")
    assert answer.status_code == 302
    location = answer.headers["Location"].replace(files.emulator.base_url, API)
    assert location == f"{API}/repositories/acme/web/src/{head(files, 'main')}/"


def test_the_history_of_a_file(files: Client) -> None:
    commits = files.values(f"filehistory/{head(files, 'topic')}/a.py", "commit.hash")
    assert commits == [head(files, "topic"), head(files, "main")]
    assert files.error(f"filehistory/{head(files, 'topic')}/nothing.py")[0] == 404


@pytest.mark.parametrize("spec", ["topic..main", "topic"])
def test_a_diff_has_the_lines_of_the_diffstat(files: Client, spec: str) -> None:
    rows = files.json(f"diffstat/{spec}")["values"]
    diff = files.get(f"diff/{spec}")
    assert (diff.status_code, diff.headers["Content-Type"]) == (200, "text/plain")
    by_file = re.split(r"^diff --git ", diff.text, flags=re.M)[1:]
    counted = [(len(re.findall(r"^\+[^+]", text, re.M)), len(re.findall(r"^-[^-]", text, re.M))) for text in by_file]
    assert counted == [(row["lines_added"], row["lines_removed"]) for row in rows]
    assert "rename from old.py\nrename to moved.py\n" in diff.text
    assert "new file mode" in diff.text


def test_only_some_paths(files: Client) -> None:
    assert [row["new"]["path"] for row in files.json("diffstat/topic..main?path=docs")["values"]] == ["docs/new.md"]
    assert files.get("diff/topic..main?path=docs").text.count("diff --git") == 1


def test_a_patch_is_a_mail(files: Client) -> None:
    text = files.get("patch/topic..main").text
    assert text.startswith(f"From {head(files, 'topic')} Mon Sep 17 00:00:00 2001\nFrom: ")
    assert "\nSubject: [PATCH] Rework\n\nAs agreed.\n---\n" in text


@pytest.mark.parametrize("kind", ["diff", "patch", "diffstat"])
def test_a_pull_request_leads_to_each(files: Client, kind: str) -> None:
    request = open_pull_request(files.emulator.world, "web", "topic", "bob")
    answer = files.get(f"pullrequests/{request.id}/{kind}")
    assert answer.status_code == 302
    headers = {"Authorization": f"Bearer {files.token}"}
    followed = requests.get(answer.headers["Location"], headers=headers, timeout=5)
    assert followed.status_code == 200
    assert "a.py" in followed.text


def test_comments_on_a_commit(files: Client) -> None:
    first = comment_commit(files.emulator.world, "web", "main", "bob", "Why?", "a.py", 2)
    comment_commit(files.emulator.world, "web", "main", "ada", "Because")
    rows = files.json("commit/main/comments")["values"]
    assert [row["content"]["raw"] for row in rows] == ["Why?", "Because"]
    assert rows[0]["inline"] == {"from": None, "to": 2, "path": "a.py"}
    assert files.json(f"commit/main/comments/{first.id}") == rows[0]
    assert files.error("commit/main/comments/1")[0] == 404
    assert files.json("commit/topic/comments")["values"] == []


def test_a_download_leads_to_the_file(files: Client) -> None:
    add_download(files.emulator.world, "web", "manual 1.txt", "ada", size=20)
    answer = files.get("downloads/manual%201.txt")
    assert answer.status_code == 302
    file = requests.get(answer.headers["Location"], timeout=5)
    assert (file.status_code, len(file.content)) == (200, 20)
    assert files.error("downloads/nothing")[0] == 404
    gone = requests.get(answer.headers["Location"].replace("manual", "woman"), timeout=5)
    assert gone.status_code == 404
