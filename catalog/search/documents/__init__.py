"""From objects of the database to the documents that search holds of them."""
