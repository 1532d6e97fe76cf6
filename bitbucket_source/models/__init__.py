"""The SQL models (`sql/`, a dbt project) built in this process, without a dbt profile of one's own."""

from bitbucket_source.models.build import build_models
from bitbucket_source.models.outcome import Failure, ModelsError, ModelsResult

__all__ = ["Failure", "ModelsError", "ModelsResult", "build_models"]
