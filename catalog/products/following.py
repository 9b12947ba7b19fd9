"""Who follows which product."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from catalog.authorization.access import Principal, access_for
from catalog.people.models import Person
from catalog.products.models import DataProduct, Follow, Status, Visibility


def followers_of(product: DataProduct) -> list[Person]:
    """Return the active people who follow a product and can read it now, by when they began."""
    published = product.published_row
    people = Person.objects.filter(is_active=True, follows__product=published)
    followers = list(people.order_by("follows__pk"))
    is_open = published.visibility in (Visibility.PUBLIC, Visibility.MEMBERS)
    if is_open and published.status != Status.DRAFT:
        return followers
    return [person for person in followers if access_for(person).can_read(published)]


def is_following(principal: Principal | AbstractBaseUser, product: DataProduct) -> bool | None:
    """Return whether somebody follows a product; None if nobody is signed in."""
    if not isinstance(principal, Person):
        return None
    return product.published_row.follows.filter(person=principal).exists()


def followed_by(person: Person) -> QuerySet[Follow]:
    """Return what a person follows and can read now, by name."""
    visible = DataProduct.objects.visible_to(person)
    follows = person.follows.filter(visible.has("product_id"))
    return follows.select_related("product__domain").order_by("product__name", "pk")
