"""The demo mesh of Tversund, a Nordic company that does not exist: its products, files and people.

`mesh/` describes the products in a short notation of our own, `sql/` makes their rows, `notation`
reads, `manifests` prints, `rows` writes the files, `source` serves some of them over HTTP, `cast`
names the people, `society` and `loading` bring it all into the catalog.
"""

from config.demo.cast import sign_ins

__all__ = ["sign_ins"]
