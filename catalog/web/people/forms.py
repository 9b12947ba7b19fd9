"""Forms of signing in and of a person's own account; allauth's checks with our labels."""

from typing import Any

from allauth.account import forms as entering
from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.people.models import ApiToken, Person
from catalog.people.services import revoke_all_tokens
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import CatalogForm

MAX_PASSWORD_LENGTH = 1000
PASSWORD_RULES = _("At least 8 characters; a short sentence is easier to remember.")


def password_field(label: Any, *, is_new: bool, help_text: Any = "") -> forms.CharField:
    """Return a password field that a password manager can fill."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=MAX_PASSWORD_LENGTH,
        help_text=help_text,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password" if is_new else "current-password"}
        ),
    )


def _plain(form: forms.Form, **labels: Any) -> None:
    """Set the labels of fields and remove their placeholders."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)
        form.fields[name].help_text = ""
        form.fields[name].validators.append(MaxLengthValidator(MAX_PASSWORD_LENGTH))


class RevokeTokensMixin(forms.Form):
    """Offers to revoke API tokens with a new password, to those who have any."""

    user: Person

    def offer_revocation(self) -> None:
        count = ApiToken.objects.filter(user=self.user).count() if self.user else 0
        if count:
            self.fields["revoke_tokens"] = forms.BooleanField(
                label=ngettext(
                    "Also revoke my API token", "Also revoke my %(num)s API tokens", count
                )
                % {"num": count},
                required=False,
                help_text=_("A token keeps working after a new password. Programs need a new one."),
            )

    def save(self) -> None:
        super().save()  # type: ignore[misc]  # of allauth's form
        if self.cleaned_data.get("revoke_tokens"):
            revoke_all_tokens(person=self.user)


class SignInForm(entering.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=_("Username or email"), password=_("Password"))
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}


class AskResetForm(entering.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email=_("Email"))


class NewPasswordForm(RevokeTokensMixin, entering.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=_("New password"), password2=_("Confirm new password"))
        self.fields["password1"].help_text = PASSWORD_RULES
        self.offer_revocation()


class ChangePasswordForm(RevokeTokensMixin, entering.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self,
            oldpassword=_("Current password"),
            password1=_("New password"),
            password2=_("Confirm new password"),
        )
        self.fields["password1"].help_text = PASSWORD_RULES
        self.offer_revocation()


class JoinForm(CatalogForm):
    first_name = SingleLineField(
        label=_("First name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = SingleLineField(
        label=_("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    username = SingleLineField(
        label=_("Username"),
        max_length=150,
        help_text=_("Letters, digits and . _ - + @; you sign in with it."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = password_field(_("Password"), is_new=True, help_text=PASSWORD_RULES)
    again = password_field(_("Confirm password"), is_new=True)

    def clean(self) -> FormValues:
        cleaned = super().clean() or {}
        if "password" in cleaned and cleaned.get("again", "") != cleaned["password"]:
            self.add_error("again", _("The two passwords do not match."))
        return cleaned

    def person(self) -> dict[str, str]:
        """Return the arguments of `accept_invitation`."""
        return {name: text for name, text in self.cleaned_data.items() if name != "again"}


class NewPersonForm(JoinForm):
    """A new person without an invitation, so with an email."""

    email = forms.EmailField(
        label=_("Email"),
        help_text=_("Password reset links are sent here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ["first_name", "last_name", "email", "username", "password", "again"]


class TokenForm(CatalogForm):
    name = SingleLineField(
        label=_("Name"), max_length=80, help_text=_("Which program it is for, such as nightly-ci.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (ApiToken.Scope.READ.value, _("Read what you can read")),
            (ApiToken.Scope.WRITE.value, _("Change what you can change")),
        ],
        initial=[ApiToken.Scope.READ.value],
    )
    days = forms.IntegerField(
        label=_("Expires in (days)"),
        min_value=1,
        max_value=366,
        initial=90,
        help_text=_("1 to 366."),
    )
