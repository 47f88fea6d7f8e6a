# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: validate.py SCHEMA DOCUMENT; fails unless DOCUMENT is JSON, strictly, and obeys SCHEMA."""
import json
import sys

import jsonschema


def refuse(constant):
    raise ValueError(constant + " is not JSON")


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_constant=refuse)


jsonschema.validate(read(sys.argv[2]), read(sys.argv[1]))
