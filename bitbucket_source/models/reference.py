"""Write `docs/metrics.md` from the descriptions in `sql/models/marts`: `python -m bitbucket_source.models.reference`.

What a number means is said once, in the properties file of its model; `tests/sql/test_metrics_page.py` fails when the
page is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bitbucket_source.models.project import project_directory
from bitbucket_source.models.questions import QUESTIONS

PAGE = Path("docs/metrics.md")
_ROOT = Path(__file__).resolve().parents[2]
_EDIT = (
    "Generated from sql/models/marts and bitbucket_source/models/questions.py by "
    "`python -m bitbucket_source.models.reference`: do not edit."
)
_INTRODUCTION = """\
What each number means, what it leaves out, and where its rows are. Every number is worked out from facts, never from
another number: medians are not averaged. People are counted by default, bots apart. Days, weeks and months are those
of var `reporting_timezone`; a period is `is_complete` where neither as_of, nor the last sync of a repository, nor the
start of its history cuts it. A rate stands beside its n. [`audit_coverage`](#audit_coverage) says which share of each
metric could be computed, and why not the rest. How to build the models, and which vars and seeds change them:
[sql/README.md](../sql/README.md)."""


def metrics_page() -> str:
    """The text of `docs/metrics.md`."""
    models = list(_models())
    metrics = [model for model in models if _name(model).startswith(("metrics_", "audit_"))]
    facts = [model for model in models if _name(model).startswith("fct_")]
    lines = ["# Metrics", "", f"<!-- {_EDIT} -->", "", _INTRODUCTION, ""]
    lines += ["| relation | what it says |", "|---|---|"]
    lines += [f"| [{_name(model)}](#{_name(model)}) | {_first_sentence(model)} |" for model in metrics + facts]
    lines += ["", *_questions()]
    for model in metrics:
        lines += ["", *_metrics_section(model)]
    lines += ["", "## The facts behind them", ""]
    lines += ["The columns that carry a definition. All columns are described in the project itself."]
    for model in facts:
        lines += ["", *_fact_section(model)]
    return "\n".join(lines) + "\n"


def _models() -> Iterator[dict[str, Any]]:
    for path in sorted(project_directory().glob("models/marts/*/_*__models.yml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))["models"]


def _name(model: dict[str, Any]) -> str:
    return str(model["config"]["alias"])


def _first_sentence(model: dict[str, Any]) -> str:
    return str(model["description"]).split(". ")[0].removesuffix(".") + "."


def _questions() -> Iterator[str]:
    yield "## Five questions"
    yield ""
    yield "In pandas, `marts` is `duckdb.connect('bitbucket.duckdb', read_only=True)`; both give the same table."
    for question in QUESTIONS:
        yield from ("", f"### {question.title}", "", "```sql", question.sql, "```", "")
        yield from ("```python", question.pandas, "```")


def _metrics_section(model: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {_name(model)}", "", str(model["description"]), "")
    meta = model["config"]["meta"]
    yield f"- Counted by: {meta['counted_by']}."
    yield f"- Leaves out: {meta['leaves_out']}."
    yield "- The rows behind a number:"
    yield from ("", "```sql", str(meta["rows"]).strip(), "```", "")
    yield from _columns(model["columns"])


def _fact_section(model: dict[str, Any]) -> Iterator[str]:
    yield from (f"### {_name(model)}", "", str(model["description"]), "")
    yield from _columns([column for column in model["columns"] if "Source:" in column["description"]])


def _columns(columns: list[dict[str, Any]]) -> Iterator[str]:
    if columns:
        yield from ("| column | what it means |", "|---|---|")
        yield from (f"| {column['name']} | {column['description']} |" for column in columns)


def main() -> None:
    """Write the page below the root of the repository."""
    (_ROOT / PAGE).write_text(metrics_page(), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
