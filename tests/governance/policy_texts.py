"""Texts of policies for tests."""

PERSONAL_DATA = """\
id: no-public-personal-data
title: Personal data is not public
sentence: A public product has no column with personal data.
kind: publication
scope:
  sensitivity: [public]
clauses:
  - id: no-personal-data
    assert: columns.all(c, c.classification != "pii")
    message: Columns of a public product hold personal data.
    hint: Raise the sensitivity, or leave the columns out.
cases:
  - title: No personal data
    facts: {columns: [{name: weight}]}
    expect: []
  - title: An e-mail address
    facts: {columns: [{table: senders, name: mail, classification: pii}]}
    expect: [no-personal-data]
  - title: An e-mail address in an internal product
    facts:
      product: {sensitivity: internal}
      columns: [{table: senders, name: mail, classification: pii}]
    expect: []
"""

# Of a domain: by its name alone it says to be stricter.
LOCAL = """\
id: sales-personal-data
title: Personal data of sales is not public
sentence: A public product of sales has no column with personal data.
kind: publication
domain: sales
tightens: no-public-personal-data
clauses:
  - id: no-mail
    assert: {assertion}
    message: Columns hold addresses.
cases:
  - title: Without columns
    facts: {{domain: {{ancestors: [sales]}}}}
    expect: []
"""
