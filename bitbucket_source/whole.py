"""Objects that keep the JSON they came as, for the tables that have a column `raw`."""

import msgspec


class WithWhole(msgspec.Struct, gc=False, kw_only=True):
    """Base of the types whose objects keep their own JSON, whatever of it their fields name."""

    # no field of the API is called so: who decodes the object fills it
    whole: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name=":whole")
