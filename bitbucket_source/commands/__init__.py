"""The command line: one file per command, each a thin layer over functions that a script can call too."""

from __future__ import annotations

import click

from bitbucket_source.commands.check import check
from bitbucket_source.commands.demo import demo
from bitbucket_source.commands.emulator import emulator
from bitbucket_source.commands.forget import forget
from bitbucket_source.commands.login import login
from bitbucket_source.commands.logout import logout
from bitbucket_source.commands.models import models
from bitbucket_source.commands.plan import plan
from bitbucket_source.commands.status import status
from bitbucket_source.commands.sync import sync
from bitbucket_source.commands.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bitbucket-source")
def main() -> None:
    """Bitbucket Cloud in your warehouse: exact, and with the fewest requests.

    Start with `bitbucket-source demo`: it needs no credentials.
    """


for command in (demo, login, logout, check, plan, sync, status, verify, forget, models, emulator):
    main.add_command(command)
