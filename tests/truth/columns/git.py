"""Repositories, refs and commits."""

from __future__ import annotations

from tests.truth.columns.values import Shape, clone_url, moment, place, position, text, value

TABLES = {
    "repositories": Shape(
        ("uuid",),
        {
            "uuid": text("uuid"),
            "workspace_uuid": text("workspace.uuid"),
            "workspace_slug": text("workspace.slug"),
            "slug": text("slug"),
            "full_name": text("full_name"),
            "name": text("name"),
            "description": text("description"),
            "is_private": value("is_private"),
            "scm": text("scm"),
            "project_key": text("project.key"),
            "mainbranch_name": text("mainbranch.name"),
            "language": text("language"),
            "size": value("size"),
            "fork_policy": text("fork_policy"),
            "parent_uuid": text("parent.uuid"),
            "clone_https": clone_url("https"),
            "clone_ssh": clone_url("ssh"),
            "html_url": text("links.html.href"),
            "created_on": moment("created_on"),
            "updated_on": moment("updated_on"),
        },
    ),
    "branches": Shape(
        ("repository_uuid", "name"),
        {
            "repository_uuid": place("repository_uuid"),
            "name": text("name"),
            "target_hash": text("target.hash"),
            "target_date": moment("target.date"),
            "default_merge_strategy": text("default_merge_strategy"),
            "merge_strategies": value("merge_strategies"),
        },
    ),
    "tags": Shape(
        ("repository_uuid", "name"),
        {
            "repository_uuid": place("repository_uuid"),
            "name": text("name"),
            "target_hash": text("target.hash"),
            "target_date": moment("target.date"),
            "date": moment("date"),
            "message": text("message"),
            "tagger_raw": text("tagger.raw"),
            "tagger_user_uuid": text("tagger.user.uuid"),
        },
    ),
    "commits": Shape(
        ("repository_uuid", "hash"),
        {
            "repository_uuid": place("repository_uuid"),
            "hash": text("hash"),
            "date": moment("date"),
            "author_raw": text("author.raw"),
            "author_user_uuid": text("author.user.uuid"),
            "message": text("message"),
        },
    ),
    "commit_parents": Shape(
        ("repository_uuid", "hash", "position"),
        {
            "repository_uuid": place("repository_uuid"),
            "hash": place("hash"),
            "position": position,
            "parent_hash": text("hash"),
        },
    ),
    "commit_trailers": Shape(
        ("repository_uuid", "hash", "position"),
        {
            "repository_uuid": place("repository_uuid"),
            "hash": place("hash"),
            "position": position,
            "key": text("key"),
            "value": text("value"),
        },
    ),
}
