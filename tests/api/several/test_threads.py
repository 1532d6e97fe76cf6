"""What several threads learn of several credentials at once."""

from __future__ import annotations

from bitbucket_source.api.credentials import AccessToken
from bitbucket_source.api.errors import NotFound
from bitbucket_source.api.pool import Pool, Question
from bitbucket_source.api.quota import Quotas


def test_a_list_that_is_read_to_its_end_meanwhile_is_in_nobodys_way() -> None:
    first, second = AccessToken("first"), AccessToken("second")
    pool = Pool([first, second], Quotas())

    class Looked(str):
        """The uuid of a repository: when it is compared, another thread has just read its list."""

        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            pool.read_whole(second, {"{other}": "other"})
            return str.__eq__(self, other)

    pool.read_whole(first, {Looked("{web}"): "web"})
    question = Question.about("https://a/2.0/repositories/acme/{web}/commits", "https://a/2.0", "/commits")
    error = NotFound("/commits", "not found", is_of_repository=True)
    assert pool.said_by_all(question, error) is error
    assert pool.seers_of("{web}") == {first.identity}
