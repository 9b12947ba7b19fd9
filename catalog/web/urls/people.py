"""Routes of writing domains, and of who belongs to what."""

from django.urls import path

from catalog.web.domains import directory, editing, people, teams

urlpatterns = [
    path("domains/new", editing.domain_new, name="domain_new"),
    path("d/<str:domain>/edit", editing.domain_edit, name="domain_edit"),
    path("d/<str:domain>/people", people.domain_people, name="domain_people"),
    path("roles/<int:membership>/end", people.role_end, name="role_end"),
    path("people", directory.person_list, name="person_list"),
    path("people/invite", people.person_invite, name="person_invite"),
    path("people/<uuid:uuid>/deactivate", directory.person_deactivate, name="person_deactivate"),
    path("invitations/<uuid:uuid>/cancel", directory.invitation_cancel, name="invitation_cancel"),
    path("teams", teams.team_list, name="team_list"),
    path("new-team", teams.team_new, name="team_new"),
    path("teams/<str:team>", teams.team_page, name="team_page"),
    path("teams/<str:team>/leave/<int:person>", teams.team_leave, name="team_leave"),
]
