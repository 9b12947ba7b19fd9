"""Writes who follows a product; it is no change of the product, so it is not audited."""

from catalog.authorization.access import access_for
from catalog.exceptions import NotFound
from catalog.people.models import Person
from catalog.products.models import DataProduct, Follow


def follow(*, product: DataProduct, person: Person) -> Follow:
    """Tell a person what happens to a product from now on; following it twice changes nothing.

    Of a working copy the published product is followed. Raises NotFound if they cannot read it.
    """
    published = product.published_row
    if not access_for(person).can_read(published):
        raise NotFound("Product not found.")
    row, _ = Follow.objects.get_or_create(person=person, product=published)
    return row


def unfollow(*, product: DataProduct, person: Person) -> bool:
    """Return True if the person followed the product; one they cannot read now can be left too."""
    rows = Follow.objects.filter(person=person, product=product.published_row)
    return rows.delete()[0] > 0
