"""Several credentials that work as one: each question goes to one that may read the thing, and has most left.

Which may is learned, not configured: a list that was read whole shows what its reader sees, a 403 names what is
lacking, a 404 of a repository tells that it is hidden from whoever asked, a 401 ends a credential for this run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from bitbucket_source.api.credentials import Credentials, CredentialsError
from bitbucket_source.api.errors import (
    AccessDenied,
    BitbucketError,
    CredentialsRefused,
    NotFound,
    OutOfSight,
    ScopeMissing,
    scopes_named,
)
from bitbucket_source.api.quota import Quota, Quotas
from bitbucket_source.api.scopes import surely_lacks

logger = logging.getLogger("bitbucket_source")


@dataclass(frozen=True)
class Question:
    """What is asked: the endpoint, and the repository it is asked of, or the path of what belongs to none."""

    endpoint: str
    place: str
    scope: str = ""
    """the scope that the declarations name for it; '' where they do not"""

    @classmethod
    def about(cls, url: str, base_url: str, endpoint: str, scope: str = "") -> Question:
        """The question that a URL below `base_url` asks."""
        path = urlsplit(url).path.removeprefix(urlsplit(base_url).path)
        parts = unquote(path).strip("/").split("/")
        length = 3 if parts[0] == "repositories" else None
        return cls(endpoint, "/".join(parts[:length]), scope)

    @property
    def repository(self) -> str:
        """uuid or slug of the repository; '' where it is about none."""
        return self.place.partition("/")[2].partition("/")[2] if self.place.startswith("repositories/") else ""


@dataclass
class _Learned:
    """What is known of the credentials, by their identity."""

    lost: dict[str, str] = field(default_factory=dict)
    """why a credential is no longer used"""
    doubted: set[str] = field(default_factory=set)
    """what a 401 answered last: a second one ends it"""
    scopes: dict[str, frozenset[str]] = field(default_factory=dict)
    sees: dict[str, frozenset[str]] = field(default_factory=dict)
    """uuids of the repositories in the list that a credential read whole"""
    uuids: dict[str, str] = field(default_factory=dict)
    """of the repositories in these lists, by their slugs"""
    refused: set[tuple[str, str, str]] = field(default_factory=set)
    """(identity, endpoint, place) that a credential may not read; '' for every endpoint, or every place"""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Pool:
    """The credentials a client may use. Safe to share between threads."""

    def __init__(
        self,
        members: Sequence[Credentials],
        quotas: Quotas,
        learned: _Learned | None = None,
        everyone: Sequence[Credentials] | None = None,
    ) -> None:
        self.members = tuple(members)
        self._everyone = tuple(everyone or members)
        self._quotas = quotas
        self._learned = learned or _Learned()
        for each in members:
            quotas.of(each.rationed_as)

    def only(self, member: Credentials) -> Pool:
        """One of the credentials alone; what is learned is shared."""
        return Pool([member], self._quotas, self._learned, self._everyone)

    @property
    def alive(self) -> list[Credentials]:
        """Those that Bitbucket has not refused."""
        return [each for each in self.members if each.identity not in self._learned.lost]

    def accepted(self, endpoint: str = "/repositories") -> list[Credentials]:
        """Those that Bitbucket has not refused. Raises CredentialsRefused where it has all."""
        if not (alive := self.alive):
            told = " ".join(self._learned.lost.values())
            raise CredentialsRefused(endpoint, f"none of the credentials is accepted any more. {told}")
        return alive

    @property
    def lost(self) -> dict[str, str]:
        """Why credentials are no longer used, by their identity."""
        return dict(self._learned.lost)

    def quota_of(self, member: Credentials) -> Quota:
        """The hour of one of them."""
        return self._quotas.of(member.rationed_as)

    def choose(self, question: Question, preferred: Credentials | None = None) -> Credentials:
        """Who asks: `preferred` where it may and has requests left, else who has most.

        Raises OutOfSight where nobody who sees the repository is accepted any more, CredentialsRefused where nobody is.
        """
        if len(self.members) == 1:
            return self.members[0]
        with self._learned.lock:
            able, untried = self._able(question), self._untried(question)
            lost = " ".join(self._learned.lost.values())
        self.accepted(question.endpoint)
        if not able:
            raise OutOfSight(question.endpoint, f"nobody who sees this repository is accepted any more. {lost}")
        candidates = untried or able
        if preferred in candidates and self.quota_of(preferred).left:
            return preferred
        return min(candidates, key=lambda each: self._reluctance(each, question))

    def passes_on(self, member: Credentials, question: Question, error: BitbucketError | CredentialsError) -> bool:
        """Learn from what a credential was answered; whether another may be answered better."""
        with self._learned.lock:
            if isinstance(error, CredentialsRefused | CredentialsError):
                return self._loses(member, question, error)
            if isinstance(error, ScopeMissing):
                self._learned.scopes[member.identity] = frozenset(error.granted)
                self._learned.refused.add((member.identity, question.endpoint, ""))
            elif isinstance(error, AccessDenied):
                self._learned.refused.add((member.identity, question.endpoint, question.place))
            elif isinstance(error, NotFound) and self._may_be_hidden(question, error):
                endpoint = "" if question.repository else question.endpoint
                self._learned.refused.add((member.identity, endpoint, question.place))
            else:
                return False
            return bool(self._untried(question))

    def said_by_all(self, question: Question, error: BitbucketError) -> BitbucketError:
        """The error that holds for all of them.

        A scope is missing only where none of them has it; a repository is hidden, not gone, where somebody saw it who
        cannot look any more.
        """
        if (
            isinstance(error, NotFound)
            and error.is_of_repository
            and self.seers_of(question.repository) & self.lost.keys()
        ):
            return OutOfSight(question.endpoint, error.why, "Credentials that saw it are no longer accepted.")
        if isinstance(error, CredentialsRefused) and len(self._everyone) == 1:
            return error.of(self.members[0])
        if not isinstance(error, ScopeMissing) or len(self.members) == 1:
            return error
        needed = [question.scope] if question.scope else error.required
        with self._learned.lock:
            lacking = {
                who for who, endpoint, place in self._learned.refused if (endpoint, place) == (question.endpoint, "")
            }
            others = [each for each in self.alive if each.identity not in lacking]
        if all(any(surely_lacks(self.scopes_of(each), scope) for scope in needed) for each in others):
            return error
        why = f"of the credentials that see this repository none has {scopes_named(error.required)}."
        step = f"Give one of them {'that scope' if len(error.required) == 1 else 'those scopes'} too."
        return AccessDenied(question.endpoint, why, step)

    def has_another(self, question: Question) -> bool:
        """Whether a credential may ask at once that Bitbucket has not told to wait."""
        if len(self.members) == 1:
            return False
        with self._learned.lock:
            untried = self._untried(question)
        return any(not self.quota_of(each).seconds_refused for each in untried)

    def seconds_to_wait(self, question: Question, told: float) -> float:
        """Seconds until a credential may ask; `told` is what the one that asked was told."""
        if len(self.members) == 1:
            return told
        with self._learned.lock:
            untried = self._untried(question)
        return min((self.quota_of(each).seconds_refused for each in untried), default=told)

    def answered(self, member: Credentials, status: int, header: str | None) -> None:
        """A credential was answered; the header X-OAuth-Scopes tells its scopes."""
        if status != 401:
            self._learned.doubted.discard(member.identity)
        if header is not None and member.identity not in self._learned.scopes:
            named = (each.strip() for each in header.split(","))
            self._learned.scopes[member.identity] = frozenset(filter(None, named))

    def scopes_of(self, member: Credentials) -> frozenset[str]:
        """The scopes that answers have told; empty before the first."""
        return self._learned.scopes.get(member.identity, frozenset())

    def read_whole(self, member: Credentials, repositories: Mapping[str, str]) -> None:
        """A credential has read the list of repositories to its end, and these are in it: their slugs by uuid."""
        with self._learned.lock:
            self._learned.sees[member.identity] = frozenset(repositories)
            self._learned.uuids.update((slug, uuid) for uuid, slug in repositories.items())

    @property
    def sights(self) -> Mapping[str, frozenset[str]]:
        """The uuids in the list of repositories, by the identity of those that have read it to its end."""
        return dict(self._learned.sees)

    def seers_of(self, repository: str) -> frozenset[str]:
        """The identities of those in whose list of repositories it is, by its uuid or its slug."""
        # links in Bitbucket's answers name it by its slug
        uuid = self._learned.uuids.get(repository, repository)
        # a copy: another thread may read its list to the end meanwhile
        return frozenset(identity for identity, seen in self._learned.sees.copy().items() if uuid in seen)

    def _able(self, question: Question) -> list[Credentials]:
        """Those that are accepted, and see the repository as far as their lists tell."""
        seers = self.seers_of(question.repository)
        if not seers:
            return self.alive
        blind = self._learned.sees.keys() - seers
        return [each for each in self.alive if each.identity not in blind]

    def _untried(self, question: Question) -> list[Credentials]:
        """Those of them that have not been refused this yet."""
        return [each for each in self._able(question) if not self._is_refused(each, question)]

    def _is_refused(self, member: Credentials, question: Question) -> bool:
        who = member.identity
        ways = ((question.endpoint, ""), (question.endpoint, question.place), ("", question.place))
        return any((who, endpoint, place) in self._learned.refused for endpoint, place in ways)

    def _may_be_hidden(self, question: Question, error: NotFound) -> bool:
        """Whether what one does not find may be there for another: a repository, or what is no part of one."""
        return error.is_of_repository or not self.seers_of(question.repository)

    def _reluctance(self, member: Credentials, question: Question) -> tuple[bool, bool, int]:
        quota = self.quota_of(member)
        return bool(quota.seconds_refused), surely_lacks(self.scopes_of(member), question.scope), -quota.left

    def _loses(self, member: Credentials, question: Question, error: Exception) -> bool:
        """Use a credential no longer; returns whether others are left.

        A single 401 may mean that an endpoint does not take this kind of token: Bitbucket's text says either.
        """
        identity = member.identity
        is_final = isinstance(error, CredentialsError) or len(self.members) == 1 or identity in self._learned.doubted
        if not is_final:
            self._learned.doubted.add(identity)
            self._learned.refused.add((identity, question.endpoint, ""))
            return True
        if identity not in self._learned.lost:
            self._learned.lost[identity] = f"{member.description} from {member.origin}: {error}"
            left = [each for each in self._everyone if each.identity not in self._learned.lost]
            if all(each.rationed_as != member.rationed_as for each in left):
                self._quotas.drop(member.rationed_as)
            if left:
                logger.warning("%s Going on without it.", self._learned.lost[identity])
        return len(self.members) > 1 and bool(self.alive)


@dataclass(frozen=True)
class Several:
    """Credentials that are used together. `identity` names them all, with blanks between."""

    members: tuple[Credentials, ...]

    @property
    def identity(self) -> str:
        """Who looks: all of them."""
        return " ".join(sorted({each.identity for each in self.members}))

    @property
    def origin(self) -> str:
        """Where they were found."""
        return "; ".join(each.origin for each in self.members)

    @property
    def description(self) -> str:
        """Which kinds they are."""
        return f"{len(self.members)} credentials ({', '.join(each.description for each in self.members)})"


def members_of(credentials: Credentials | Several) -> tuple[Credentials, ...]:
    """The credentials, one by one."""
    return credentials.members if isinstance(credentials, Several) else (credentials,)


def identities_in(identity: str) -> frozenset[str]:
    """The single identities in that of `Several`."""
    return frozenset(identity.split())
