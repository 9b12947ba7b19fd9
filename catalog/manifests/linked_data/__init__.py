"""The catalog as linked data: DCAT-AP, PROV and schema.org, projected from facts."""
