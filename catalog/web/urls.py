"""Routes of the catalog's pages."""

from allauth.account import views as entering
from django.urls import URLPattern, path, re_path

from catalog.web.audit import product_history, product_history_feed
from catalog.web.contracts import columns
from catalog.web.contracts import views as contracts
from catalog.web.crawlers import robots, sitemap
from catalog.web.domains import directory, editing, people, teams
from catalog.web.domains.feeds import domain_feed
from catalog.web.domains.pages import domain_list, domain_page
from catalog.web.glossary import proposals
from catalog.web.glossary.views import term_edit, term_list, term_new, term_page, term_suggestions
from catalog.web.manifests.views import manifest_page
from catalog.web.people.invitations import invitation_accept
from catalog.web.people.person import person_page
from catalog.web.people.profile import profile
from catalog.web.people.tokens import token_list, token_revoke
from catalog.web.ports import uploads
from catalog.web.ports import views as ports
from catalog.web.products import following, registration, steps, versions
from catalog.web.products.contracts import product_contract, product_contract_current
from catalog.web.products.overview import product_overview
from catalog.web.products.provenance import product_provenance
from catalog.web.products.schema import product_schema
from catalog.web.products.uses import product_use_remove
from catalog.web.provenance import views as provenance
from catalog.web.publication import views as life
from catalog.web.search.autocomplete import search_suggestions
from catalog.web.search.exports import search_feed, search_results_csv
from catalog.web.search.results import search_results

NEW_PASSWORD = r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$"  # noqa: S105  a route
EDIT = "p/<str:domain>/<str:product>/edit"
PORT = f"{EDIT}/ports/<int:port>"
CONTRACT = f"{EDIT}/schema/<uuid:contract>"
TABLE = f"{CONTRACT}/tables/<int:table>"
PRODUCT = "p/<str:domain>/<str:product>"

urlpatterns: list[URLPattern] = [
    # signing in and out, and one's own account
    path("sign-out", entering.logout, name="account_logout"),
    path("sign-up", entering.signup, name="account_signup"),
    path("sign-in/inactive", entering.account_inactive, name="account_inactive"),
    path("password/forgotten", entering.password_reset, name="account_reset_password"),
    path(
        "password/forgotten/sent", entering.password_reset_done, name="account_reset_password_done"
    ),
    re_path(NEW_PASSWORD, entering.password_reset_from_key, name="account_reset_password_from_key"),
    path(
        "password/changed",
        entering.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("settings/password", entering.password_change, name="account_change_password"),
    path("settings/password/set", entering.password_set, name="account_set_password"),
    path("join/<str:secret>", invitation_accept, name="invitation_accept"),
    path("settings", profile, name="profile"),
    path("settings/tokens", token_list, name="token_list"),
    path("settings/tokens/<uuid:uuid>/revoke", token_revoke, name="token_revoke"),
    # writing products
    path("publish", registration.product_register, name="product_register"),
    path("publish/new", registration.product_new, name="product_new"),
    path(EDIT, steps.Checklist.as_view(), name="product_edit"),
    path(f"{EDIT}/describe", steps.Describe.as_view(), name="product_describe"),
    path(f"{EDIT}/reuse", steps.ReuseView.as_view(), name="product_reuse"),
    path(f"{EDIT}/readers", steps.Readers.as_view(), name="product_readers"),
    path(f"{EDIT}/ports", ports.Ports.as_view(), name="product_ports"),
    path(f"{EDIT}/ports/add", ports.AddPort.as_view(), name="product_port_add"),
    path(f"{EDIT}/ports/upload", uploads.AddUpload.as_view(), name="product_upload"),
    path(f"{PORT}/data", uploads.UploadData.as_view(), name="product_port_upload"),
    path(PORT, ports.ChangePort.as_view(), name="product_port"),
    path(f"{PORT}/confirm", ports.ConfirmPort.as_view(), name="product_port_confirm"),
    path(f"{PORT}/drop", ports.DropPort.as_view(), name="product_port_drop"),
    path(f"{EDIT}/inputs", ports.Inputs.as_view(), name="product_inputs"),
    path(f"{EDIT}/schema", contracts.Contracts.as_view(), name="product_contracts"),
    path(f"{EDIT}/schema/file", contracts.Document.as_view(), name="product_contract_new"),
    path(f"{CONTRACT}/file", contracts.Document.as_view(), name="product_contract"),
    path(f"{CONTRACT}/tables", contracts.AddTable.as_view(), name="product_table_add"),
    path(TABLE, columns.Table.as_view(), name="product_table"),
    path(f"{TABLE}/column", columns.ColumnEdit.as_view(), name="product_column"),
    path(f"{TABLE}/drop", contracts.DropTable.as_view(), name="product_table_drop"),
    path(f"{EDIT}/provenance", provenance.Answers.as_view(), name="product_answers"),
    path(f"{EDIT}/publish", life.Publish.as_view(), name="product_publish"),
    path(f"{EDIT}/publish/notice", life.GiveNotice.as_view(), name="product_notice"),
    path(f"{EDIT}/discard", life.Discard.as_view(), name="product_discard"),
    path(f"{EDIT}/deprecate", life.Deprecate.as_view(), name="product_deprecate"),
    path(f"{EDIT}/retire", life.Retire.as_view(), name="product_retire"),
    path(f"{EDIT}/delete", life.Delete.as_view(), name="product_delete"),
    path(f"{EDIT}/move", life.Move.as_view(), name="product_move"),
    path(f"{EDIT}/adopt", life.Adopt.as_view(), name="product_adopt"),
    # manifests
    path("publish/manifest", manifest_page, name="manifest_page"),
    # domains, people and teams
    path("domains/new", editing.domain_new, name="domain_new"),
    path("d/<str:domain>/edit", editing.domain_edit, name="domain_edit"),
    path("d/<str:domain>/people", people.domain_people, name="domain_people"),
    path("roles/<int:membership>/end", people.role_end, name="role_end"),
    path("people", directory.person_list, name="person_list"),
    path("people/invite", people.person_invite, name="person_invite"),
    path("people/<uuid:uuid>", person_page, name="person_page"),
    path("people/<uuid:uuid>/deactivate", directory.person_deactivate, name="person_deactivate"),
    path("invitations/<uuid:uuid>/cancel", directory.invitation_cancel, name="invitation_cancel"),
    path("teams", teams.team_list, name="team_list"),
    path("new-team", teams.team_new, name="team_new"),
    path("teams/<str:team>", teams.team_page, name="team_page"),
    path("teams/<str:team>/leave/<int:person>", teams.team_leave, name="team_leave"),
    path("team-requests/<int:pk>/answer", teams.team_request_answer, name="team_request_answer"),
    path(
        "d/<str:domain>/team-request/withdraw",
        teams.team_request_withdraw,
        name="team_request_withdraw",
    ),
    # reading
    path("domains", domain_list, name="domain_list"),
    path("d/<str:domain>/feed.atom", domain_feed, name="domain_feed"),
    path("d/<str:domain>", domain_page, name="domain_page"),
    path(f"{PRODUCT}@<str:version>", versions.product_version, name="product_version"),
    path(
        f"{PRODUCT}@<str:version>/<path:tab>",
        versions.product_version_tab,
        name="product_version_tab",
    ),
    path(f"{PRODUCT}/versions", versions.product_versions, name="product_versions"),
    path(PRODUCT, product_overview, name="product_overview"),
    path(f"{PRODUCT}/follow", following.product_follow, name="product_follow"),
    path(f"{PRODUCT}/unfollow", following.product_unfollow, name="product_unfollow"),
    path("follows", following.follow_list, name="follow_list"),
    path(f"{PRODUCT}/schema", product_schema, name="product_schema"),
    path(f"{PRODUCT}/contract", product_contract_current, name="product_contract_current"),
    path(f"{PRODUCT}/contracts/<uuid:contract>", product_contract, name="product_contract_page"),
    path(f"{PRODUCT}/provenance", product_provenance, name="product_provenance"),
    path(f"{PRODUCT}/history.atom", product_history_feed, name="product_history_feed"),
    path(f"{PRODUCT}/history", product_history, name="product_history"),
    path("uses/<int:pk>/remove", product_use_remove, name="product_use_remove"),
    # crawlers
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, name="sitemap"),
    # search
    path("search", search_results, name="search_results"),
    path("search.atom", search_feed, name="search_feed"),
    path("search.csv", search_results_csv, name="search_results_csv"),
    path("search/suggest", search_suggestions, name="search_suggestions"),
    # the glossary
    path("glossary", term_list, name="term_list"),
    path("new-term", term_new, name="term_new"),
    path("term-suggestions", term_suggestions, name="term_suggestions"),
    path("term-proposals", proposals.term_proposals, name="term_proposals"),
    path("term-proposals/new", proposals.term_propose, name="term_propose"),
    path(
        "term-proposals/<uuid:uuid>/answer",
        proposals.term_proposal_answer,
        name="term_proposal_answer",
    ),
    path("glossary/<str:slug>", term_page, name="term_page"),
    path("glossary/<str:slug>/<int:pk>/edit", term_edit, name="term_edit"),
]
