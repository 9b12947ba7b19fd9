"""Pages on which terms are proposed, and proposals answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.authorization.access import access_for, require_user
from catalog.domains.models import Domain
from catalog.exceptions import CatalogError
from catalog.glossary.models import TermProposal, proposals_to_answer, visible_proposals
from catalog.glossary.services import accept_proposal, propose_term, reject_proposal
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import CatalogForm
from catalog.web.pages import render_form, render_page, submitted

MAX_SHOWN = 200


class ProposalForm(CatalogForm):
    """A term that stewards may accept."""

    name = SingleLineField(label=gettext_lazy("Term"), max_length=120)
    definition = TextAreaField(label=gettext_lazy("Definition"), max_length=5000)
    domain = forms.ModelChoiceField(
        Domain.objects.filter(is_external=False),
        label=gettext_lazy("Domain"),
        required=False,
        empty_label=gettext_lazy("whole mesh"),
        help_text=gettext_lazy("Where the word means this; its stewards answer."),
    )
    reason = SingleLineField(
        label=gettext_lazy("Where it is needed"), max_length=2000, required=False
    )


@dataclass(frozen=True)
class ProposalFormPage:
    form: ProposalForm
    back_url: str


@dataclass(frozen=True)
class ProposalsPage:
    """`to_answer` are open proposals that the reader may answer, `own` their own ones."""

    to_answer: Sequence[TermProposal]
    own: Sequence[TermProposal]


@login_required
@require_http_methods(["GET", "POST"])
def term_propose(request: HttpRequest) -> HttpResponse:
    """Propose a term to its stewards; leads back to the page that asked for it."""
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = ""
    initial = {name: request.GET.get(name, "")[:2000] for name in ("name", "reason")}
    form = ProposalForm(submitted(request), initial=initial)
    if form.is_valid():
        with form.catch_issues():
            proposal = propose_term(actor=require_user(request.user), **form.cleaned_data)
            text = _("{name} is proposed. Its stewards see it on their list.")
            messages.success(request, text.format(name=proposal.name))
            return redirect(back or "term_proposals")
    return render_form(request, "catalog/glossary/propose.html", ProposalFormPage(form, back))


@login_required
@require_safe
def term_proposals(request: HttpRequest) -> HttpResponse:
    """List the proposals that a person may answer, and their own."""
    person = require_user(request.user)
    rows = TermProposal.objects.select_related("domain", "proposed_by", "answered_by", "term")
    page = ProposalsPage(
        to_answer=list(proposals_to_answer(access_for(person), rows)[:MAX_SHOWN]),
        own=list(rows.filter(proposed_by=person)[:MAX_SHOWN]),
    )
    return render_page(request, "catalog/glossary/proposals.html", page)


@login_required
@require_POST
def term_proposal_answer(request: HttpRequest, uuid: str) -> HttpResponse:
    """Accept a proposal, or reject it with a reason."""
    person = require_user(request.user)
    proposal = get_object_or_404(visible_proposals(access_for(person), person), uuid=uuid)
    try:
        if request.POST.get("decision") == "accept":
            accept_proposal(proposal=proposal, actor=person)
            messages.success(request, _("{name} is a term now.").format(name=proposal.name))
        else:
            answer = request.POST.get("answer", "")
            reject_proposal(proposal=proposal, actor=person, answer=answer)
            messages.success(request, _("Rejected; its author reads why."))
    except CatalogError as error:
        if error.code == "permission-denied":
            raise
        messages.error(request, " ".join(filter(None, (str(error), error.hint))))
    return redirect("term_proposals")
