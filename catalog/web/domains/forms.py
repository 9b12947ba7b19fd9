"""Forms of domains, roles, invitations and teams."""

from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.authorization.access import AccessContext
from catalog.domains.models import Domain
from catalog.identifiers import SLUG_LENGTH, slug_issues, slug_of
from catalog.people.models import Person, Team
from catalog.permissions import DOMAIN_ROLES, MESH_ROLES, Role
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import CatalogForm, VersionedForm

ROLE_WORDS = {
    Role.OWNER: _("Owner: is responsible for the domain, publishes, gives roles"),
    Role.STEWARD: _("Steward: reviews what owners publish; never also an owner"),
    Role.CONTRIBUTOR: _("Contributor: edits products"),
    Role.CONSUMER: _("Consumer: reads restricted products of the domain"),
    Role.GOVERNANCE_LEAD: _("Governance lead: creates domains, gives every role"),
    Role.PLATFORM_OPERATOR: _("Platform operator: keeps the installation running"),
    Role.AUDITOR: _("Auditor: reads drafts and the audit trail"),
}
SLUG_HINT = _("Made from the name if empty. Lower-case letters, digits and dashes.")


def slug_field(longest: int) -> SingleLineField:
    """Return the field of a URL name, which may be left to the name."""
    return SingleLineField(
        label=_("URL name"),
        max_length=longest,
        required=False,
        help_text=SLUG_HINT,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


class Addressed(forms.Form):
    """A form with a name and a URL name that may be made from it."""

    def clean(self) -> FormValues:
        """Make the URL name from the name if none is given; refuse an invalid one."""
        cleaned = super().clean() or {}
        name = str(cleaned.get("name") or "")
        longest = self.fields["slug"].max_length or SLUG_LENGTH  # type: ignore[attr-defined]
        slug = str(cleaned.get("slug") or "").casefold() or slug_of(name, longest)
        if "name" in cleaned and "slug" not in self.errors:
            for issue in slug_issues(slug, name, longest):
                self.add_error("slug", f"{issue.message} {issue.hint}")
        return cleaned | {"slug": slug}


class PersonField(SingleLineField):
    """Someone who can sign in, by username or email."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Person"))
        options.setdefault("help_text", _("Username or email."))
        attributes = {"list": "people", "autocapitalize": "none", "autocomplete": "off"}
        super().__init__(max_length=254, widget=forms.TextInput(attrs=attributes), **options)

    def clean(self, value: Any) -> Any:
        """Return the person. Raises ValidationError if nobody active has that name."""
        name = super().clean(value)
        if not name:
            return None
        by_name = Q(username__iexact=name) | Q(email__iexact=name)
        person = Person.objects.filter(by_name, is_active=True).first()
        if person is None:
            raise ValidationError(_("No active account has this name. Invite the person first."))
        return person


class LastDayField(forms.DateField):
    """The last day of a role or membership; it ends with that day."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Until (inclusive)"))
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **options)

    def clean(self, value: Any) -> datetime | None:
        """Return the end of the day. Raises ValidationError for a day in the past."""
        day = super().clean(value)
        if day is None:
            return None
        if day < timezone.localdate():
            raise ValidationError(_("This day is in the past. Choose a later one."))
        return timezone.make_aware(datetime.combine(day, time.max))


class DomainFields(Addressed):
    """Name, mission and parent of a domain, and the team that works for it."""

    name = SingleLineField(label=_("Name"), max_length=120)
    slug = slug_field(120)
    mission = TextAreaField(
        label=_("Mission"),
        required=False,
        rows=3,
        max_length=4000,
        help_text=_("What the domain is for, in a sentence or two."),
    )
    parent = forms.ModelChoiceField(
        label=_("Part of"),
        queryset=Domain.objects.filter(is_external=False),
        required=False,
        empty_label=_("none (top level)"),
        help_text=_("Its owners and stewards are also owners and stewards here."),
    )
    owner_team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.all(),
        required=False,
        empty_label=_("none"),
        help_text=_(
            "Its members edit the domain's products, and it is shown as the contact. A team that "
            "you do not manage is asked first."
        ),
    )
    field_order = ["name", "slug", "mission", "parent", "owner_team"]

    def offer_parents(self, domain_ids: Collection[int]) -> None:
        """Offer only these domains as the parent."""
        field = self.fields["parent"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Domain.objects.filter(is_external=False, pk__in=domain_ids)

    def take_foreign_team(self, reader: AccessContext, current: int | None) -> Team | None:
        """Return the chosen team if its managers must agree first; it is then no change."""
        team: Team | None = self.cleaned_data["owner_team"]
        if team is None or team.pk == current or reader.manages_team(team.pk):
            return None
        del self.cleaned_data["owner_team"]
        return team


class NewDomainForm(DomainFields, CatalogForm):
    """A new domain."""


class DomainForm(DomainFields, VersionedForm):
    """An existing domain."""

    @staticmethod
    def initial_from(domain: Domain) -> FormValues:
        return {
            "name": domain.name,
            "slug": domain.slug,
            "mission": domain.mission,
            "parent": domain.parent_id,
            "owner_team": domain.owner_team_id,
        }


class RoleForm(CatalogForm):
    """A role to give to a person, and until when."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = {"actor": "person"}
    person = PersonField()
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    ends_at = LastDayField()

    def __init__(self, *args: Any, of_mesh: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        roles = MESH_ROLES if of_mesh else DOMAIN_ROLES
        field.choices = [(role.value, ROLE_WORDS[role]) for role in roles]


class ReasonForm(CatalogForm):
    reason = SingleLineField(label=_("Reason"), max_length=500, required=False)


class InviteForm(CatalogForm):
    email = forms.EmailField(
        label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.all(),
        required=False,
        empty_label=_("none"),
        help_text=_("They are a member as soon as they join."),
    )

    domain = forms.ModelChoiceField(
        label=_("Domain"),
        queryset=Domain.objects.filter(is_external=False),
        required=False,
        empty_label=_("none"),
    )
    role = forms.TypedChoiceField(
        label=_("Role"),
        required=False,
        coerce=Role,
        empty_value=None,
        choices=[("", _("none")), *((role.value, ROLE_WORDS[role]) for role in DOMAIN_ROLES)],
        help_text=_("They have it as soon as they join, in this domain and those below it."),
    )

    def __init__(
        self, *args: Any, teams: Collection[int], domain: Domain | None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fixed_domain = domain
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Team.objects.filter(pk__in=teams)
        if domain:
            del self.fields["domain"]

    def clean(self) -> FormValues:
        """Return the fields, with the domain that the form is of."""
        cleaned = super().clean() or {}
        return cleaned | {"domain": self.fixed_domain} if self.fixed_domain else cleaned


class TeamForm(Addressed, CatalogForm):
    name = SingleLineField(label=_("Name"), max_length=120)
    slug = slug_field(80)
    description = TextAreaField(label=_("What it does"), required=False, rows=2, max_length=2000)
    email = forms.EmailField(
        label=_("Email"), required=False, help_text=_("Where consumers reach the team.")
    )
    field_order = ["name", "slug", "description", "email"]


class MemberForm(CatalogForm):
    person = PersonField()
    ends_at = LastDayField()
    is_manager = forms.BooleanField(
        label=_("Manager"),
        required=False,
        help_text=_("Adds and removes members, and agrees to work for a domain."),
    )
