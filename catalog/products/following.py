"""Who follows which product."""

from catalog.authorization.access import access_for
from catalog.people.models import Person
from catalog.products.models import DataProduct, Status, Visibility


def followers_of(product: DataProduct) -> list[Person]:
    """Return the active people who follow a product and can read it now, by when they began."""
    published = product.published_row
    people = Person.objects.filter(is_active=True, follows__product=published)
    followers = list(people.order_by("follows__pk"))
    is_open = published.visibility in (Visibility.PUBLIC, Visibility.MEMBERS)
    if is_open and published.status != Status.DRAFT:
        return followers
    return [person for person in followers if access_for(person).can_read(published)]


def is_following(person: Person, product: DataProduct) -> bool:
    return product.published_row.follows.filter(person=person).exists()
