"""Personal data: e-mail addresses that are hashed or left out, and people who are forgotten.

Both happen to every answer before anything else sees it (`discretion`), so that whatever is made of an answer is made
without them: rows, whole objects, comparisons with what is stored. What was stored before is changed by
`bitbucket_source.load.personal`.
"""
