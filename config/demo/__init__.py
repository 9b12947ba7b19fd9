"""The demo mesh of Tversund, a Nordic company that does not exist: its products, files and people.

`mesh/` describes the products in a short notation of our own, `sql/` makes their rows, `notation`
reads, `manifests` prints, `rows` writes the files, `source` serves some of them over HTTP, `cast`
names the people, `loading` brings it all into the catalog.
"""




