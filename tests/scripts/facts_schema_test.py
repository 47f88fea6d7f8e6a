# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: facts_schema_test.py SCHEMA FOLDER: every line of the files of facts in FOLDER obeys SCHEMA, and wrong lines
do not."""
import json
import pathlib
import re
import sys

import jsonschema

WRONG = [
    '{}',
    '[]',
    '"gap"',
    '{"schema":"nmistorm.facts/4"}',
    '{"schema":"nmistorm.facts/3","command":["nmistorm","storm"]}',
    '{"schema":"nmistorm.facts/4","command":[1]}',
    r'{"schema":"nmistorm.facts/4","command":["\u001b[31m"]}',
    '["gap",1]',
    '["at_rest",0,1]',
    '["fatal_exit",1,"panic"]',
    '["deadlock",0]',
    '["deadlock",0,null]',
    '["malformed",0,1,2]',
    '["sample",0]',
    '["sample",0,{"nmi_entries":1}]',
    '[[0,0]]',
    '[[0],"callback_end"]',
    '[[0,0,true],"callback_end"]',
    '[[0,0,1,null],"callback_end"]',
    '[[-1,0],"callback_end"]',
    '[[18446744073709551616,0],"callback_end"]',
    '[[0,0],"no_fact"]',
    '[[0,0],"callback_end",1]',
    '[[0,0],"nmi_enter",1,true,false]',
    '[[0,0],"nmi_enter",1,0,1,1]',
    '[[0,0],"nmi_call",null]',
    '[[0,0],"nmi_call",4294967296]',
    '[[0,0],"nmi_call","1048688"]',
    '[[0,0],"nmi_leave",1,1,true,false]',
    '[[0,0],"nmi_return",4,0,0,0]',
    '[[0,0],"nmi_return",2,256,0,0]',
    '[[0,0],"trip",0,1,1]',
    '[[0,0],"slot",1,1]',
    '[[0,0],"trip",10,1,1]',
    '{"end":{}}',
    '{"end":null}',
]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for line in WRONG:
        if validator.is_valid(json.loads(line)):
            sys.exit(f"this line is wrong and obeys the schema: {line}")
    files = sorted(pathlib.Path(sys.argv[2]).rglob("*.jsonl"))
    if not files:
        sys.exit(f"{sys.argv[2]} has no files of facts")
    obeying = set()  # but for numbers of several digits: to check each of them would take minutes
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            kind = re.sub(r"\d\d+", "#", line)
            if kind not in obeying and not validator.is_valid(json.loads(line)):
                sys.exit(f"{path}:{number} does not obey the schema: {line[:200]}")
            obeying.add(kind)


main()
