"""Imports the models of every slice, for Django alone; everybody else imports the slices."""

import catalog.audit.models
import catalog.authorization.models
import catalog.contracts.models
import catalog.domains.models
import catalog.glossary.models
import catalog.manifests.models
import catalog.people.models
import catalog.ports.models
import catalog.products.models
import catalog.provenance.models
import catalog.publication.models
import catalog.revisions.models
import catalog.search.models  # noqa: F401
