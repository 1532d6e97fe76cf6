"""Which repositories the company has, and how each of them is worked on. Cheap: nothing is generated here."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from bitbucket_emulator.world.generate import words
from bitbucket_emulator.world.model import DAY


@dataclass(slots=True, frozen=True)
class Plan:
    """How a repository is worked on.

    `pull_requests` is how many features are begun. `production` is auto, manual or none (nothing is deployed);
    `releases` is annotated, lightweight or none. `last_push` is when the last push comes, None for never.
    """

    slug: str
    name: str
    project: str
    language: str
    pull_requests: int
    created_on: int
    last_push: int | None
    strategy: str = "merge_commit"
    production: str = "none"
    releases: str = "none"
    mainbranch: str = "main"
    monorepo: bool = False
    pull_request_pipelines: bool = True
    nightly: bool = False
    pipelines: bool = True
    fork_of: str | None = None
    welcomes_forks: bool = False
    private: bool = True


# slug, name, project, language, share of the pull requests, settings; the first dozen in the order of their importance
_KNOWN: tuple[tuple[str, str, str, str, float, dict[str, object]], ...] = (
    ("payments-api", "Payments API", "PAY", "python", 0.15,
     {"strategy": "squash", "production": "manual", "welcomes_forks": True}),
    ("web-shop", "Web shop", "SHOP", "typescript", 0.20, {"strategy": "squash", "production": "auto"}),
    ("platform", "Platform", "PLAT", "go", 0.24, {"monorepo": True, "production": "manual"}),
    ("payments-api-experiments", "payments-api experiments", "PAY", "python", 0.0, {"fork_of": "payments-api"}),
    ("ledger", "Ledger", "PAY", "java", 0.09, {"strategy": "fast_forward", "production": "manual"}),
    ("sandbox", "Sandbox (empty)", "PLAT", "", 0.0, {"pipelines": False}),
    ("search", "Search", "SHOP", "go", 0.09,
     {"strategy": "squash", "production": "auto", "pull_request_pipelines": False}),
    ("old-billing", "Old billing", "PAY", "java", 0.03, {"mainbranch": "master", "pull_request_pipelines": False}),
    ("infrastructure", "Infrastructure", "PLAT", "hcl", 0.06, {"production": "manual", "nightly": True}),
    ("design-system", "Design system 🎨", "SHOP", "typescript", 0.05, {"releases": "lightweight", "private": False}),
    ("mobile-app", "Mobile app", "SHOP", "kotlin", 0.06, {"releases": "annotated", "pull_request_pipelines": False}),
    ("data-jobs", "Data jobs", "PLAT", "python", 0.03, {"strategy": "squash", "nightly": True}),
)  # fmt: skip
_PULL_REQUESTS = 540  # of the known dozen in two years at scale 1
_ABANDONED = "old-billing"
_EMPTY = "sandbox"


def make_plans(seed: int, count: int, start: int, end: int, scale: float) -> list[Plan]:
    """`count` plans: the known dozen, then many quiet ones."""
    known = [_known(index, seed, start, end, scale) for index in range(min(count, len(_KNOWN)))]
    return known + [_quiet(index, seed, start, end, scale) for index in range(len(known), count)]


def _known(index: int, seed: int, start: int, end: int, scale: float) -> Plan:
    slug, name, project, language, share, settings = _KNOWN[index]
    random = Random(f"{seed}/plan/{slug}")  # noqa: S311 - a believable company, no secret
    years = (end - start) / (365 * DAY)
    amount = round(_PULL_REQUESTS * share * scale * years / 2)
    created = start + random.randrange(10 * DAY)
    last: int | None = _friday_noon(end, random)
    if slug == _ABANDONED:
        last = start + (end - start) * 4 // 10 + random.randrange(DAY)
    if slug == _EMPTY:
        last = None
    if "fork_of" in settings:
        created, last = start + (end - start) // 2, start + (end - start) * 3 // 5 + random.randrange(DAY)
    return Plan(slug, name, project, language, amount, created, last, **settings)  # type: ignore[arg-type]


def _quiet(index: int, seed: int, start: int, end: int, scale: float) -> Plan:
    random = Random(f"{seed}/plan/{index}")  # noqa: S311 - as above
    slug = f"{random.choice(words.ADJECTIVES)}-{random.choice(words.NOUNS)}-{index}"
    created = start + int(random.random() ** 2 * (end - start) * 0.9)
    last = created + int(random.random() ** 0.5 * (end - created - DAY))
    if random.random() < 0.15:
        last = _friday_noon(end, random)
    return Plan(
        slug=slug,
        name=slug.replace("-", " ").capitalize(),
        project=random.choice(("PAY", "SHOP", "PLAT")),
        language=random.choice(tuple(words.LANGUAGES)),
        pull_requests=round(random.randrange(6) * scale),
        created_on=created,
        last_push=max(last, created + DAY // 2),
        strategy=random.choice(("merge_commit", "squash")),
        production=random.choice(("none", "none", "auto")),
        pull_request_pipelines=False,
        pipelines=random.random() < 0.6,
    )


def _friday_noon(end: int, random: Random) -> int:
    """Some time in the last hours of the world."""
    return end - random.randrange(DAY // 96, DAY // 4)
