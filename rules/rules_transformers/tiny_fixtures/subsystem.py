"""The fixture builder as a tool, and the options of publishing."""

from __future__ import annotations

from pants.option.option_types import BoolOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

PACKAGE = "tiny_models"
# In the directory of each model repository: what it was built from.
MANIFEST = "fixture.json"


class TinyFixturePublish(Subsystem):
    options_scope = "tiny-fixture-publish"
    help = softwrap(
        """
        How `publish` uploads `tiny_fixture` targets that have `publish_to`. The token is that of
        the environment variable HF_TOKEN, or of the file that HF_TOKEN_PATH names; the model hub
        is that of HF_ENDPOINT.
        """
    )

    dry_run = BoolOption(
        default=False,
        help=softwrap(
            """
            Only print what would be added, changed and deleted in the repositories of the model
            hub. A dry run counts as success in the summary of `publish` and in its `--output`,
            which say that it was one.
            """
        ),
    )
    private = BoolOption(
        default=False,
        help="Make repositories private that do not exist yet; others stay what they are.",
    )
