"""What a client may sign in with; the secrets are fakes that anybody may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.model import Credential, User, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.model import World

READ_SCOPES = frozenset({"account", "project", "repository", "pullrequest", "pipeline", "webhook", "runner", "email"})
_ADMIN_SCOPES = READ_SCOPES | {"repository:admin", "project:admin"}
_API_TOKEN_SCOPES = frozenset(
    f"{level}:bitbucket"
    for level in (
        "read:user", "read:workspace", "read:project", "read:repository", "read:pullrequest", "read:pipeline",
        "read:runner", "read:webhook", "read:permission", "admin:repository", "admin:project", "admin:workspace",
    )
)  # fmt: skip


def issue_credentials(world: World, owner: str) -> None:
    """The API token of the admin `owner` (uuid), two access tokens of different reach, and an OAuth consumer."""
    workspace_bot = _token_account(world, "Emulator workspace token")
    repositories_bot = _token_account(world, "Emulator repository token")
    for credential in (
        Credential("admin", "basic", _API_TOKEN_SCOPES, owner, "emulator-api-token", email="admin@example.org"),
        Credential("workspace", "bearer", READ_SCOPES, workspace_bot, "emulator-workspace-token"),
        Credential(
            "repositories",
            "bearer",
            frozenset({"repository", "pullrequest"}),
            repositories_bot,
            "emulator-repository-token",
        ),
        Credential("oauth", "oauth", _ADMIN_SCOPES, owner, "emulator-consumer-secret", client_id="emulator-consumer"),
    ):
        world.credentials[credential.name] = credential


def _token_account(world: World, name: str) -> str:
    uuid = name_uuid(world.seed, "token", name)
    nickname = name.lower().replace(" ", "-")
    world.users[uuid] = User(uuid, None, nickname, name, world.clock, "app_user")
    return uuid
