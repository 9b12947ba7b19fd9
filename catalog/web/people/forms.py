"""Forms of entering and of one's own account; allauth's are worded anew, its checks stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account import forms as entering
from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from catalog.people.models import ApiToken
from catalog.web.forms import CatalogForm, SingleLineField

LONGEST_PASSWORD = 1000
PASSWORD_RULES = _("At least 8 characters; a sentence is easier to keep than a riddle.")


def password_field(label: Any, *, is_new: bool, help_text: Any = "") -> forms.CharField:
    """Return a field for a password, which a password manager can fill and paste reaches."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST_PASSWORD,
        help_text=help_text,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "new-password" if is_new else "current-password"}
        ),
    )


def _plain(form: forms.Form, **labels: Any) -> None:
    """Give fields their labels, and take out texts that would stand inside the box."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].widget.attrs.pop("placeholder", None)
        form.fields[name].help_text = ""
        form.fields[name].validators.append(MaxLengthValidator(LONGEST_PASSWORD))


class SignInForm(entering.LoginForm):  # type: ignore[misc]
    """User name or mail address, and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, login=_("User name or mail address"), password=_("Password"))
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}


class AskResetForm(entering.ResetPasswordForm):  # type: ignore[misc]
    """The mail address to which a link goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, email=_("Mail address"))


class NewPasswordForm(entering.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self, password1=_("New password"), password2=_("New password again"))
        self.fields["password1"].help_text = PASSWORD_RULES


class ChangePasswordForm(entering.ChangePasswordForm):  # type: ignore[misc]
    """The present password, and a new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(
            self,
            oldpassword=_("Present password"),
            password1=_("New password"),
            password2=_("New password again"),
        )
        self.fields["password1"].help_text = PASSWORD_RULES


class JoinForm(CatalogForm):
    """Who somebody is, and how they will sign in."""

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
        label=_("User name"),
        max_length=150,
        help_text=_("Letters, digits and . _ - + @; you sign in with it."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = password_field(_("Password"), is_new=True, help_text=PASSWORD_RULES)
    again = password_field(_("Password again"), is_new=True)

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ."""
        cleaned = super().clean() or {}
        if "password" in cleaned and cleaned.get("again", "") != cleaned["password"]:
            self.add_error("again", _("The two passwords differ. Type the same one twice."))
        return cleaned

    def person(self) -> dict[str, str]:
        """Return what a service needs to make the person."""
        return {name: text for name, text in self.cleaned_data.items() if name != "again"}


class NewPersonForm(JoinForm):
    """The same with a mail address, which an invitation would have brought."""

    email = forms.EmailField(
        label=_("Mail address"),
        help_text=_("Where a link goes, should you forget the password."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ["first_name", "last_name", "email", "username", "password", "again"]


class TokenForm(CatalogForm):
    """What a new API token is called, may do, and how long it lasts."""

    name = SingleLineField(
        label=_("Name"), max_length=80, help_text=_("Which program it is for, such as nightly-ci.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (ApiToken.Scope.READ.value, _("Read what you may read")),
            (ApiToken.Scope.WRITE.value, _("Change what you may change")),
        ],
        initial=[ApiToken.Scope.READ.value],
    )
    days = forms.IntegerField(
        label=_("Lasts, in days"), min_value=1, max_value=366, initial=90, help_text=_("1 to 366.")
    )

    def lasts(self) -> timedelta:
        """Return how long the token lasts."""
        return timedelta(days=self.cleaned_data["days"])
