"""Forgetting a person: every stored row comes to look as if Bitbucket had deleted the account.

What is left has null where the account stood ('' in a key), no name, no e-mail address and no mention. The list of who
was forgotten holds only digests; with it, every later answer is seen in the same way (`bitbucket_source.personal`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dlt

from bitbucket_source.load.bookkeeping import make_bookkeeping_tables
from bitbucket_source.load.database import Database
from bitbucket_source.load.forgotten import forgotten_in, remember_forgotten
from bitbucket_source.load.pipeline import DestinationError
from bitbucket_source.load.selection import stored_catalog
from bitbucket_source.load.texts import change_texts, each_text
from bitbucket_source.load.workspaces import Part
from bitbucket_source.personal.addresses import digest, digest_of_name, digests_in
from bitbucket_source.personal.discretion import SIGNATURES, Discretion
from bitbucket_source.session import SettingsError
from bitbucket_source.tables import DATA_TABLES, SYNC_FORGOTTEN, USERS, Column, Origin, Table, Type

_LOOK_IT_UP = "Look it up: select uuid, display_name from users where ..."
_UUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")

_EVERYTHING = Part("1 = 1")
_ANY_ADDRESS = ("%<%", "%@%", "%email:%")
_SPECIAL = r"[%_\\\"]"


@dataclass
class Forgotten:
    """What was done to forget a person."""

    changed: Counter[str] = field(default_factory=Counter)
    """rows that were changed, by table"""
    removed: Counter[str] = field(default_factory=Counter)
    """rows that said nothing but who the person is, by table"""
    addresses: int = 0
    """e-mail addresses that were found to be theirs"""


def forget(pipeline: dlt.Pipeline, user_uuid: str) -> Forgotten:
    """Forget an account in every table of the pipeline's dataset, and keep it so.

    Raises SettingsError where the uuid is none or nothing is stored of it, and DestinationError where nothing is stored
    at all. Once more for the same person, it finishes what was cut short.
    """
    match = _UUID.fullmatch(user_uuid.strip())
    if match is None:
        raise SettingsError(f"{user_uuid!r} is no account's uuid. {_LOOK_IT_UP}")
    with closing(Database(pipeline)) as database:
        make_bookkeeping_tables(pipeline, database)
        if not database.columns(USERS):
            raise DestinationError("The warehouse holds no people: `bitbucket-source sync` has not run, or elsewhere.")
        return _Oblivion(database, f"{{{match[1].lower()}}}").work()


def forget_again(database: Database) -> None:
    """Forget whom a load brought back that was made before they were forgotten and arrived after."""
    forgotten = forgotten_in(database)
    if not forgotten:
        return
    tables = _stored(database)
    for uuid in {
        uuid
        for table in (*tables, USERS)
        for column in _accounts(database, table)
        for (uuid,) in database.rows(f"select distinct {column.name} from {database.name(table)}")
        if uuid and digest(uuid) in forgotten
    }:
        _Oblivion(database, uuid).work()
    # a text may name somebody whose account the load does not: all that it brought is looked through
    late = Part(
        f"_dlt_load_id not in (select load_id from {database.loads} where status = 0 "
        f"and inserted_at < (select max(forgotten_at) from {database.name(SYNC_FORGOTTEN)}))"
    )
    discretion = Discretion(forgotten=forgotten_in(database))
    with closing(database.staging()) as staging:
        for place, part in ((staging, _EVERYTHING), (database, late)):
            for table, text, rows in each_text(place, tables, _always(part)):
                change_texts(place, table, text, rows, ("%",), discretion, datetime.now(UTC))


class _Oblivion:
    def __init__(self, database: Database, uuid: str) -> None:
        self._database = database
        self._uuid = uuid
        self._tables = _stored(database)
        self._identities = {uuid, *self._account_ids()}
        self._names = set(self._full_names())
        self._signed = {
            signature: digests for signature in self._signatures() if (digests := set(digests_in(signature)))
        }
        self._addresses = {each for found in self._signed.values() for each in found}
        self._digests = self._addresses | set(map(digest, self._identities)) | set(map(digest_of_name, self._names))

    def work(self) -> Forgotten:
        before = forgotten_in(self._database)
        if digest(self._uuid) not in before and not self._is_met():
            raise SettingsError(f"Nothing is stored of an account {self._uuid}. {_LOOK_IT_UP}")
        now = datetime.now(UTC)
        # first the list: whatever happens now, no sync brings them back
        with self._database.transaction():
            remember_forgotten(self._database, self._digests, now)
        marks = [*self._marks()]
        if digest(self._uuid) in before:
            # cut short, the first time may have changed what told their addresses, and not yet all that has them
            marks += _ANY_ADDRESS
        discretion = Discretion(forgotten=forgotten_in(self._database))
        # first what dlt keeps beside the tables: it is found by what stands in those
        with closing(self._database.staging()) as staging:
            _Place(staging, self._tables, self._uuid, now).forget(self._identities, marks, discretion)
        done = _Place(self._database, self._tables, self._uuid, now).forget(self._identities, marks, discretion)
        done.addresses = len(self._addresses)
        return done

    def _account_ids(self) -> Iterator[str]:
        query = f"select account_id from {self._database.name(USERS)} where uuid = %s and account_id is not null"
        for (account_id,) in self._database.rows(query, self._uuid):
            yield str(account_id)

    def _full_names(self) -> Iterator[str]:
        """The name shown, where it is one of a person: a single word may be anybody's."""
        query = f"select display_name from {self._database.name(USERS)} where uuid = %s"
        for (name,) in self._database.rows(query, self._uuid):
            if name and len(name.split()) > 1:
                yield str(name)

    def _signatures(self) -> Iterator[str]:
        """What git has of the person: mapped to the account by Bitbucket, or under the same full name."""
        for table in self._tables:
            for column in _signatures_of(self._database, table):
                account = table.columns_by_name[f"{column.name.removesuffix('raw')}user_uuid"]
                like = " or ".join(["1 = 0", *[f"lower({column.name}) like lower(%s)"] * len(self._names)])
                query = (
                    f"select distinct {column.name} from {self._database.name(table)} "
                    f"where {column.name} is not null and ({account.name} = %s or {like})"
                )
                patterns = [f"{name} <%" for name in self._names]
                yield from (str(signature) for (signature,) in self._database.rows(query, self._uuid, *patterns))

    def _is_met(self) -> bool:
        return any(
            _holds(self._database, table, column, self._uuid)
            for table in (*self._tables, USERS)
            for column in _accounts(self._database, table)
        )

    def _marks(self) -> Iterator[str]:
        """Patterns of texts that may name the person."""
        named = [*self._identities, *self._names, *(f"email:{each}" for each in self._digests)]
        named += [address for signature in self._signed for address in re.findall(r"[^<>\s]+@[^<>\s]+", signature)]
        for each in dict.fromkeys(named):
            # in JSON some characters are written in another way, and in a pattern some mean another thing
            yield f"%{re.sub(_SPECIAL, '%', each)}%"


class _Place:
    """A dataset in which a person is forgotten."""

    def __init__(self, database: Database, tables: Sequence[Table], uuid: str, now: datetime) -> None:
        self._database = database
        self._tables = [table for table in tables if database.columns(table)]
        self._uuid = uuid
        self._now = now
        self._done = Forgotten()

    def forget(self, identities: Collection[str], marks: Sequence[str], discretion: Discretion) -> Forgotten:
        for table, text, part in each_text(self._database, self._tables, _always(_EVERYTHING)):
            count = change_texts(self._database, table, text, part, marks, discretion, self._now)
            self._done.changed[table.name] += count
        for table in self._tables:
            for column in _accounts(self._database, table):
                self._forget_account(table, column)
            # that of an account whose uuid nobody asked for
            for column in filter(_is_account_id, table.object_columns):
                for identity in identities if column.name in self._database.columns(table) else ():
                    self._blank(table, column, "null", identity)
        if self._database.columns(USERS):
            self._remove(USERS, "uuid")
        return self._done

    def _forget_account(self, table: Table, column: Column) -> None:
        """Null in every column that tells of the account; in a key '', unless the row says nothing else."""
        if not _holds(self._database, table, column, self._uuid):
            return
        if column.name not in table.key:
            self._blank(table, column, "null", self._uuid)
            return
        own = [
            each
            for each in table.object_columns
            if each.name not in table.key and each.name not in _beside(table, column)
        ]
        if not own:
            self._remove(table, column.name)
            return
        others = [name for name in table.key if name != column.name]
        same = " and ".join(f"kept.{name} = gone.{name}" for name in others)
        name = self._database.name(table)
        # of two accounts that are gone from one place, one row stays
        keys = self._database.rows(
            f"select {', '.join(f'gone.{name}' for name in others)} from {name} gone "
            f"join {name} kept on {same} and kept.{column.name} = '' where gone.{column.name} = %s",
            self._uuid,
        )
        is_key = " and ".join(f"{name} = %s" for name in others)
        for key in keys:
            self._database.execute(f"delete from {name} where {column.name} = %s and {is_key}", self._uuid, *key)
        self._done.removed[table.name] += len(keys)
        self._blank(table, column, "''", self._uuid)

    def _blank(self, table: Table, column: Column, value: str, identity: str) -> None:
        name = self._database.name(table)
        [(count,)] = self._database.rows(f"select count(*) from {name} where {column.name} = %s", identity)
        if count:
            beside = [each for each in _beside(table, column) if each in self._database.columns(table)]
            changes = [f"{column.name} = {value}", *(f"{each} = null" for each in beside)]
            self._database.execute(
                f"update {name} set {', '.join(changes)}, synced_at = %s where {column.name} = %s",
                self._now,
                identity,
            )
            self._done.changed[table.name] += count

    def _remove(self, table: Table, column: str) -> None:
        name = self._database.name(table)
        [(count,)] = self._database.rows(f"select count(*) from {name} where {column} = %s", self._uuid)
        if count:
            self._database.execute(f"delete from {name} where {column} = %s", self._uuid)
            self._done.removed[table.name] += count


def _always(part: Part) -> Callable[[Table], Iterator[Part]]:
    return lambda _: iter([part])


def _holds(database: Database, table: Table, column: Column, uuid: str) -> bool:
    query = f"select 1 from {database.name(table)} where {column.name} = %s limit 1"
    return bool(database.rows(query, uuid))


def _stored(database: Database) -> list[Table]:
    catalog = stored_catalog(database)
    return [catalog.of(table) for table in DATA_TABLES if table is not USERS and database.columns(table)]


def _accounts(database: Database, table: Table) -> Sequence[Column]:
    """The columns that may hold the uuid of an account: a value that is none is never equal to one."""
    there = database.columns(table)
    return [
        column
        for column in table.columns
        if column.name in there
        and column.type is Type.TEXT
        and column.origin is not Origin.PLACE
        and (column.name.endswith("_uuid") or column.path.endswith("uuid"))
    ]


def _is_account_id(column: Column) -> bool:
    return column.type is Type.TEXT and column.path.rpartition(".")[2] == "account_id"


def _beside(table: Table, account: Column) -> list[str]:
    """The other columns that are of the same account, or of what git has of the same person."""
    if account.origin is not Origin.OBJECT or "." not in account.path:
        return []
    owner = account.path.rpartition(".")[0]
    signer = owner.removesuffix(".user") if owner.endswith(".user") else None
    signed = f"{signer}.raw" if signer in SIGNATURES else None
    return [
        column.name
        for column in table.object_columns
        if column is not account and (column.path.startswith(f"{owner}.") or column.path == signed)
    ]


def _signatures_of(database: Database, table: Table) -> Iterator[Column]:
    there = database.columns(table)
    for column in table.object_columns:
        owner, _, last = column.path.rpartition(".")
        account = f"{column.name.removesuffix('raw')}user_uuid"
        if last == "raw" and owner in SIGNATURES and {column.name, account} <= set(there):
            yield column
