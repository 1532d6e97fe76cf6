"""Invented names and phrases; all people, firms and products are made up."""

from __future__ import annotations

# (display name, nickname, hours east of UTC)
PEOPLE = (
    ("Zoë Lindqvist", "zoe", 1),
    ("Marek Dvořák", "marek.d", 1),
    ("Priya Ramanathan", "priya", 5),
    ("Tomás Echeverría", "tomas", -3),
    ("Дарья Соколова", "dsokolova", 3),
    ("陈晓明", "xiaoming", 8),
    ("山田 花子", "hanako", 9),
    ("ليلى الهاشمي", "layla", 3),
    ("אורי בן־דוד", "uri", 2),
    ("Owen Blackwood", "owen", 0),
    ("김서연", "seoyeon", 9),
    ("Nguyễn Thị Hồng", "hong", 7),
    ("Łucja Wiśniewska", "lucja", 1),
    ("Þórdís Ægisdóttir", "thordis", 0),
    ("Kwabena Asante", "kwabena", 0),
    ("Grace O'Malley-Ruiz", "grace", -5),
    ("Ηλέκτρα Παππά", "ilektra", 2),
    ("Björn Ångström", "bjorn", 1),
    ("Amélie d'Aubigny 🦊", "amelie", 1),
    ("สมชาย ใจดี", "somchai", 7),
)
GIVEN = (
    "Ada",
    "Bela",
    "Carlo",
    "Dina",
    "Enzo",
    "Freya",
    "Goran",
    "Hilde",
    "Ivo",
    "Jana",
    "Kofi",
    "Lena",
    "Milo",
    "Noor",
)
FAMILY = ("Abara", "Bruun", "Castellan", "Demir", "Eklund", "Farkas", "Grimaldi", "Hollis", "Ivanko", "Jansen", "Kaya")
OUTSIDERS = ("Rolf Tanner <rolf@tanner-consulting.example>", "build <build@runner.internal.example>", "C. Oduya <>")

ADJECTIVES = (
    "atomic", "amber", "broad", "calm", "copper", "deep", "early", "fast", "gentle", "hidden", "idle", "jolly", "keen",
    "late", "mellow", "narrow", "open", "plain", "quiet", "rapid", "solid", "tidy", "upper", "vivid", "warm", "young",
)  # fmt: skip
NOUNS = (
    "anchor", "bridge", "cargo", "depot", "engine", "ferry", "gateway", "harbour", "index", "junction", "kernel",
    "lantern", "mailer", "notifier", "oracle", "planner", "queue", "router", "scheduler", "tracker", "vault", "worker",
)  # fmt: skip

VERBS = ("Add", "Fix", "Improve", "Remove", "Rework", "Speed up", "Validate", "Document", "Cache", "Simplify", "Handle")
OBJECTS = (
    "refund rounding", "login throttling", "invoice export", "retry policy", "search ranking", "currency conversion",
    "address form", "webhook signatures", "session timeout", "stock reservation", "price history", "audit trail",
    "checkout totals", "feature flags", "health checks", "image uploads", "rate limits", "tax rules", "push messages",
    "report scheduling", "empty carts", "time zones", "null customers", "large batches", "slow queries", "dark mode",
)  # fmt: skip
SPECIAL_TITLES = (
    "Größenabhängige Preise für Übergrößen",
    "修正結帳金額的四捨五入",
    "Исправить округление скидок",
    "支払い画面の文言を直す",
    "إصلاح اتجاه النص في الفاتورة",
    "תיקון כיוון הטקסט בעגלה",
    "🚀 Ship the new checkout",
    "Make it faster ⚡️ (really)",
    'Escape <b>HTML</b> & "quotes" in titles',
    "100% of `percent_encoded` %2F paths",
)
DETAILS = (
    "in the happy path", "behind a flag", "for guests", "and its tests", "when upstream is down", "on small screens",
    "after review", "so that it can be reused", "without locking", "as agreed with support",
)  # fmt: skip

REMARKS = (
    "Could we pull this into a helper?",
    "What happens when this is empty?",
    "Nit: the name says the opposite of what it does.",
    "I would expect a test for the failing case here.",
    "This runs once per row; can it be done outside of the loop?",
    "Is the order guaranteed?",
    "Does this need a migration?",
    "Please keep the old field for one release.",
    "Nice, much easier to read.",
    "これは別のプルリクエストにしませんか?",
    "Почему не использовать существующий класс?",
    "Wäre hier nicht ein Enum klarer?",
    "👍",
    "See the discussion in the channel, I think we agreed on the other variant.",
    "```\nassert total == sum(lines)\n```\nwould have caught it.",
)
REPLIES = (
    "Good point, changed.",
    "Done in the last commit.",
    "I would rather do that separately.",
    "It cannot be empty here, the caller checks.",
    "Renamed.",
    "Fixed, thanks!",
    "Added a test.",
    "好的,已修改。",
    "You are right 🙈",
)
OVERALL = (
    "Looks good to me.",
    "Thanks, works on staging.",
    "A few questions below.",
    "Tried it locally, fine.",
    "LGTM 🎉",
)
TASKS = ("Add a changelog entry", "Update the runbook", "Ask design about the wording", "Remove the flag afterwards")
FIXES = ("Address review comments", "Fix tests", "Rename as suggested", "Handle the empty case", "Fix lint", "Review")
PACKAGES = ("requests", "lodash", "react", "spring-core", "okhttp", "pydantic", "vite", "grpc-go", "jackson", "axios")
DECLINE_REASONS = (
    "",
    "",
    "Not needed any more.",
    "We went another way.",
    "Out of date; will do it again.",
)

# language: (folders, file names, ending, lock file)
LANGUAGES = {
    "python": (("app", "app/api", "app/models", "app/services", "tests"), "py", "poetry.lock"),
    "typescript": (("src", "src/components", "src/pages", "src/state", "tests"), "ts", "package-lock.json"),
    "java": (("src/main/java/core", "src/main/java/web", "src/test/java/core"), "java", "gradle.lockfile"),
    "kotlin": (("app/src/main", "app/src/main/ui", "app/src/test"), "kt", "gradle.lockfile"),
    "go": (("cmd", "internal/index", "internal/query", "pkg/client"), "go", "go.sum"),
    "hcl": (("modules/network", "modules/database", "environments/production"), "tf", ".terraform.lock.hcl"),
}
FILES = (
    "orders",
    "customers",
    "prices",
    "taxes",
    "carts",
    "routes",
    "config",
    "errors",
    "events",
    "mail",
    "stock",
    "users",
)
MONOREPO = ("services/identity", "services/orders", "services/shipping", "web/admin", "libs/common", "infra")
