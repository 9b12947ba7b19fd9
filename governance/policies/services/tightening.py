"""A domain may add to the policies of the mesh, and never loosen one."""

from django.utils import timezone

from catalog.exceptions import ValidationFailed
from governance.policies.cases import case_facts
from governance.policies.decisions import Mode
from governance.policies.evaluation import compile_policy, evaluate
from governance.policies.expressions import FactContext
from governance.policies.models import Policy
from governance.policies.text import PolicyText, parse_policies


def require_not_looser(text: PolicyText) -> None:
    """Raise ValidationFailed if a policy is looser than the one that it says to tighten.

    All policies apply together, so that one of a domain cannot loosen another by itself; this
    checks the promise of the text. A case of the central policy that violates it, evaluated as a
    product of the domain, has to violate the local one too.
    """
    if not text.tightens:
        return
    central = Policy.objects.select_related("active").filter(slug=text.tightens).first()
    if central is None or central.active is None or central.domain_id is not None:
        raise ValidationFailed.of(
            "/tightens",
            f"There is no applied policy {text.tightens} of the whole mesh.",
            "Name one that is applied, or leave tightens out.",
        )
    if not text.domain:
        raise ValidationFailed.of("/tightens", "Only a policy of a domain tightens another.")
    if (
        text.mode.strictness < central.mode_at(timezone.now()).strictness
        and text.mode is not Mode.OFF
    ):
        raise ValidationFailed.of(
            "/mode", f"{text.mode} is looser than {central.mode}, the mode of {central.slug}."
        )
    [parsed] = parse_policies(central.active.text.encode(), name=central.slug)
    assert parsed.policy is not None
    wide, narrow = compile_policy(parsed.policy), compile_policy(text)
    for case in parsed.policy.cases:
        facts = case_facts(case)
        facts["domain"] = {"slug": text.domain, "name": text.domain, "ancestors": [text.domain]}
        context = FactContext(facts)
        if evaluate(wide, context).violations and not evaluate(narrow, context).violations:
            raise ValidationFailed.of(
                "/clauses",
                f"It is looser than {central.slug}: the case “{case.title}” is refused there, and"
                " not here.",
                "Add a clause that refuses it.",
            )
