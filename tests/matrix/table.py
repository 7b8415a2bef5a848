"""The matrix: every route and method, what it answers to each kind of person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PEOPLE = (
    "anonymous",  # nobody is signed in
    "stranger",  # signed in, and has nothing to do with the secret or the group
    "viewer",  # the secret is shared with them
    "editor",  # the secret is shared with them
    "owner",  # of the secret; a member of the group it is published in
    "member",  # of that group
    "group-admin",  # of that group
    "administrator",  # of the installation; has no share of the secret, is in no group
    "disabled",  # owned the secret, too; their cookie still lives
    "former",  # was a member of the group and signed in as one
)

# {undo}: what gives a share of {kept} back to its owner.
# {kept}: a secret in the vault. {trashed}: one in the trash. {group}: where both are published.
# {session}: another session of the stranger. {colleague}: an active person. {off}: a disabled one.
# {session}: another session of the stranger.
# {role}: one that is not built in. {built_in}: Administrator.
# {invited}: somebody who has not accepted yet, by the link {invite}. {mover}: whose new address waits at {move}.
# {reset}, {register}: links that a forgotten password and a self-registration lead to.
# {session}: another session of the stranger. {team}: another group of owner, member and group-admin.
# Statuses in the order of PEOPLE.
MATRIX = """
GET  /                                           303 303 303 303 303 303 303 303 303 303
GET  /login                                      200 303 303 303 303 303 303 303 200 303
POST /login                                      303 303 303 303 303 303 303 303 303 303
POST /logout                                     401 303 303 303 303 303 303 303 401 303
GET  /session                                    303 200 200 200 200 200 200 200 303 200
GET  /shortcuts                                  303 200 200 200 200 200 200 200 303 200
GET  /confirm                                    303 200 200 200 200 200 200 200 303 200
POST /confirm                                    401 303 303 303 303 303 303 303 401 303
GET  /setup/{setup}                              404 404 404 404 404 404 404 404 404 404
POST /setup/{setup}                              404 404 404 404 404 404 404 404 404 404
GET  /forgot                                      200 200 200 200 200 200 200 200 200 200
POST /forgot                                      303 303 303 303 303 303 303 303 303 303
GET  /forgot/sent                                 200 200 200 200 200 200 200 200 200 200
GET  /reset/{reset}                               200 200 200 200 200 200 200 200 200 200
GET  /reset/{unknown}                             404 404 404 404 404 404 404 404 404 404
POST /reset/{reset}                               303 303 303 303 303 303 303 303 303 303
POST /reset/{unknown}                             404 404 404 404 404 404 404 404 404 404
POST /reset/{reset}/strength                      200 200 200 200 200 200 200 200 200 200
POST /reset/{unknown}/strength                    404 404 404 404 404 404 404 404 404 404
GET  /register                                    200 200 200 200 200 200 200 200 200 200
POST /register                                    303 303 303 303 303 303 303 303 303 303
GET  /register/sent                               200 200 200 200 200 200 200 200 200 200
GET  /register/{register}                         200 200 200 200 200 200 200 200 200 200
GET  /register/{unknown}                          404 404 404 404 404 404 404 404 404 404
POST /register/{register}                         303 303 303 303 303 303 303 303 303 303
POST /register/{unknown}                          404 404 404 404 404 404 404 404 404 404
POST /register/{register}/strength                200 200 200 200 200 200 200 200 200 200
POST /register/{unknown}/strength                 404 404 404 404 404 404 404 404 404 404
POST /language                                   303 303 303 303 303 303 303 303 303 303
GET  /account                                     303 200 200 200 200 200 200 200 303 200
POST /account/profile                             401 303 303 303 303 303 303 303 401 303
POST /account/language                            401 303 303 303 303 303 303 303 401 303
POST /account/look                                401 303 303 303 303 303 303 303 401 303
POST /account/theme                               401 303 303 303 303 303 303 303 401 303
GET  /account/security                            303 200 200 200 200 200 200 200 303 200
GET  /account/security/password                   303 200 200 200 200 200 200 200 303 200
POST /account/security/password                   401 303 303 303 303 303 303 303 401 303
POST /account/security/strength                   401 200 200 200 200 200 200 200 401 200
GET  /account/export                              303 200 200 200 200 200 200 200 303 200
POST /account/export                              401 200 200 200 200 200 200 200 401 200
GET  /account/sessions                            303 200 200 200 200 200 200 200 303 200
POST /account/sessions/{session}/end              401 303 404 404 404 404 404 404 401 404
POST /account/sessions/{unknown}/end              401 404 404 404 404 404 404 404 401 404
POST /account/sessions/end-others                 401 303 303 303 303 303 303 303 401 303
POST /account/sessions/end-all                    401 303 303 303 303 303 303 303 401 303
GET  /account/security/address                    303 200 200 200 200 200 200 200 303 200
POST /account/security/address                    401 303 303 303 303 303 303 303 401 303
POST /account/security/address/withdraw           401 303 303 303 303 303 303 303 401 303
POST /account/told                                401 303 303 303 303 303 303 303 401 303
GET  /invite/{invite}                             200 200 200 200 200 200 200 200 200 200
GET  /invite/{unknown}                            404 404 404 404 404 404 404 404 404 404
POST /invite/{invite}                             303 303 303 303 303 303 303 303 303 303
POST /invite/{unknown}                            404 404 404 404 404 404 404 404 404 404
POST /invite/{invite}/strength                    200 200 200 200 200 200 200 200 200 200
POST /invite/{unknown}/strength                   404 404 404 404 404 404 404 404 404 404
GET  /address/{move}                              200 200 200 200 200 200 200 200 200 200
GET  /address/{unknown}                           404 404 404 404 404 404 404 404 404 404
POST /address/{move}                              303 303 303 303 303 303 303 303 303 303
POST /address/{unknown}                           404 404 404 404 404 404 404 404 404 404
GET  /admin/users/invite                          303 403 403 403 403 403 403 200 303 403
POST /admin/users/invite                          401 403 403 403 403 403 403 303 401 403
GET  /admin/users/{invited}/invitation            303 403 403 403 403 403 403 200 303 403
GET  /admin/users/{mover}/invitation              303 403 403 403 403 403 403 404 303 403
POST /admin/users/{invited}/invitation/send       401 403 403 403 403 403 403 303 401 403
GET  /admin/users/{invited}/invitation/copy       303 403 403 403 403 403 403 200 303 403
POST /admin/users/{invited}/invitation/copy       401 403 403 403 403 403 403 422 401 403
GET  /admin/users/{invited}/invitation/withdraw   303 403 403 403 403 403 403 200 303 403
POST /admin/users/{invited}/invitation/withdraw   401 403 403 403 403 403 403 303 401 403
GET  /admin/users/{mover}/address                 303 403 403 403 403 403 403 200 303 403
GET  /admin/users/{invited}/address               303 403 403 403 403 403 403 403 303 403
GET  /admin/users/{unknown}/address               303 403 403 403 403 403 403 404 303 403
POST /admin/users/{mover}/address                 401 403 403 403 403 403 403 303 401 403
GET  /healthz                                    200 200 200 200 200 200 200 200 200 200
GET  /readyz                                     200 200 200 200 200 200 200 200 200 200
GET  /static/css/tresor.css                      200 200 200 200 200 200 200 200 200 200
GET  /static/css/nothing.css                     404 404 404 404 404 404 404 404 404 404
GET  /vault                                      303 200 200 200 200 200 200 200 303 200
GET  /vault/new                                  303 200 200 200 200 200 200 200 303 200
GET  /vault/new/jira                             303 200 200 200 200 200 200 200 303 200
GET  /vault/new/smtp                             303 403 403 403 403 403 403 403 303 403
GET  /vault/new/nothing                          303 404 404 404 404 404 404 404 303 404
POST /vault/new/jira                             401 303 303 303 303 303 303 303 401 303
POST /vault/new/smtp                             401 403 403 403 403 403 403 403 401 403
POST /vault/new/nothing                          401 404 404 404 404 404 404 404 401 404
GET  /vault/new/login/fields/password/generate   303 200 200 200 200 200 200 200 303 200
GET  /vault/new/login/fields/notes/generate      303 404 404 404 404 404 404 404 303 404
GET  /vault/new/smtp/fields/password/generate    303 403 403 403 403 403 403 403 303 403
GET  /vault/new/nothing/fields/x/generate        303 404 404 404 404 404 404 404 303 404
POST /vault/new/jira/shown                       401 200 200 200 200 200 200 200 401 200
POST /vault/new/smtp/shown                       401 403 403 403 403 403 403 403 401 403
POST /vault/new/nothing/shown                    401 404 404 404 404 404 404 404 401 404
POST /vault/new/jira/test                        401 200 200 200 200 200 200 200 401 200
POST /vault/new/login/test                       401 404 404 404 404 404 404 404 401 404
POST /vault/new/smtp/test                        401 403 403 403 403 403 403 403 401 403
POST /vault/new/nothing/test                     401 404 404 404 404 404 404 404 401 404
GET  /vault/trash                                303 200 200 200 200 200 200 200 303 200
GET  /admin                                      303 403 403 403 403 403 403 200 303 403
GET  /admin/users                                303 403 403 403 403 403 403 200 303 403
GET  /admin/users/{colleague}                    303 403 403 403 403 403 403 200 303 403
GET  /admin/users/{unknown}                      303 403 403 403 403 403 403 404 303 403
POST /admin/users/{colleague}                    401 403 403 403 403 403 403 303 401 403
POST /admin/users/{unknown}                      401 403 403 403 403 403 403 404 401 403
POST /admin/users/{colleague}/sessions/end       401 403 403 403 403 403 403 303 401 403
POST /admin/users/{unknown}/sessions/end         401 403 403 403 403 403 403 404 401 403
GET  /admin/users/disable                        303 403 403 403 403 403 403 422 303 403
POST /admin/users/disable                        401 403 403 403 403 403 403 303 401 403
POST /admin/users/{off}/enable                   401 403 403 403 403 403 403 303 401 403
POST /admin/users/{unknown}/enable               401 403 403 403 403 403 403 404 401 403
GET  /admin/users/{off}/holdings                 303 403 403 403 403 403 403 200 303 403
GET  /admin/users/{colleague}/holdings           303 403 403 403 403 403 403 422 303 403
GET  /admin/users/{unknown}/holdings             303 403 403 403 403 403 403 404 303 403
POST /admin/users/{off}/holdings                 401 403 403 403 403 403 403 303 401 403
POST /admin/users/{unknown}/holdings             401 403 403 403 403 403 403 404 401 403
GET  /admin/users/{off}/delete                   303 403 403 403 403 403 403 200 303 403
GET  /admin/users/{unknown}/delete               303 403 403 403 403 403 403 404 303 403
POST /admin/users/{off}/delete                   401 403 403 403 403 403 403 303 401 403
POST /admin/users/{colleague}/delete             401 403 403 403 403 403 403 422 401 403
POST /admin/users/{unknown}/delete               401 403 403 403 403 403 403 404 401 403
GET  /admin/audit                                303 403 403 403 403 403 403 200 303 403
POST /admin/audit/check                          401 403 403 403 403 403 403 303 401 403
GET  /admin/audit/export                         303 403 403 403 403 403 403 200 303 403
POST /admin/audit/export                         401 403 403 403 403 403 403 200 401 403
GET  /admin/vault                                303 403 403 403 403 403 403 200 303 403
GET  /admin/roles                                303 403 403 403 403 403 403 200 303 403
GET  /admin/roles/new                            303 403 403 403 403 403 403 200 303 403
POST /admin/roles/new                            401 403 403 403 403 403 403 303 401 403
GET  /admin/roles/{role}                         303 403 403 403 403 403 403 200 303 403
GET  /admin/roles/{built_in}                     303 403 403 403 403 403 403 200 303 403
GET  /admin/roles/{unknown}                      303 403 403 403 403 403 403 404 303 403
GET  /admin/roles/{role}/edit                    303 403 403 403 403 403 403 200 303 403
GET  /admin/roles/{built_in}/edit                303 403 403 403 403 403 403 403 303 403
POST /admin/roles/{role}/edit                    401 403 403 403 403 403 403 303 401 403
POST /admin/roles/{built_in}/edit                401 403 403 403 403 403 403 403 401 403
POST /admin/roles/{unknown}/edit                 401 403 403 403 403 403 403 404 401 403
GET  /admin/roles/{role}/delete                  303 403 403 403 403 403 403 200 303 403
GET  /admin/roles/{built_in}/delete              303 403 403 403 403 403 403 403 303 403
POST /admin/roles/{role}/delete                  401 403 403 403 403 403 403 303 401 403
POST /admin/roles/{built_in}/delete              401 403 403 403 403 403 403 403 401 403
GET  /admin/settings                             303 403 403 403 403 403 403 200 303 403
GET  /admin/settings/edit                        303 403 403 403 403 403 403 200 303 403
POST /admin/settings/edit                        401 403 403 403 403 403 403 303 401 403
POST /admin/settings/reset                       401 403 403 403 403 403 403 303 401 403
GET  /vault/{kept}                               303 404 200 200 200 404 404 404 303 404
GET  /vault/{trashed}                            303 404 404 404 404 404 404 404 303 404
GET  /vault/{unknown}                            303 404 404 404 404 404 404 404 303 404
POST /vault/{kept}/test                          401 404 403 200 200 404 404 404 401 404
POST /vault/{trashed}/test                       401 404 404 404 404 404 404 404 401 404
POST /vault/{unknown}/test                       401 404 404 404 404 404 404 404 401 404
POST /vault/{kept}/fields/token/reveal           401 404 200 200 200 404 404 404 401 404
POST /vault/{kept}/fields/token/copy             401 404 200 200 200 404 404 404 401 404
POST /vault/{kept}/fields/email/reveal           401 404 404 404 404 404 404 404 401 404
POST /vault/{kept}/fields/email/copy             401 404 404 404 404 404 404 404 401 404
POST /vault/{trashed}/fields/token/reveal        401 404 404 404 404 404 404 404 401 404
POST /vault/{trashed}/fields/token/copy          401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/fields/token/generate         303 404 403 404 404 404 404 404 303 404
GET  /vault/{trashed}/fields/token/generate      303 404 404 404 404 404 404 404 303 404
POST /vault/{kept}/shown                         401 404 403 200 200 404 404 404 401 404
POST /vault/{trashed}/shown                      401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/edit                          303 404 403 200 200 404 404 404 303 404
POST /vault/{kept}/edit                          401 404 403 303 303 404 404 404 401 404
GET  /vault/{trashed}/edit                       303 404 404 404 404 404 404 404 303 404
POST /vault/{trashed}/edit                       401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/sharing                       303 404 403 403 200 404 404 404 303 404
POST /vault/{kept}/sharing                       401 404 403 403 303 404 404 404 401 404
POST /vault/{trashed}/sharing                    401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/sharing/people                303 404 403 403 200 404 404 404 303 404
GET  /vault/{trashed}/sharing/people             303 404 404 404 404 404 404 404 303 404
POST /vault/{kept}/sharing/undo/{undo}           401 404 403 403 303 404 404 404 401 404
POST /vault/{kept}/sharing/undo/nothing          401 404 403 403 404 404 404 404 401 404
POST /vault/{trashed}/sharing/undo/{undo}        401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/leave                         303 404 200 200 403 404 404 404 303 404
GET  /vault/{trashed}/leave                      303 404 404 404 404 404 404 404 303 404
POST /vault/{kept}/leave                         401 404 303 303 403 404 404 404 401 404
POST /vault/{trashed}/leave                      401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/delete                        303 404 403 403 200 404 404 404 303 404
POST /vault/{kept}/delete                        401 404 403 403 303 404 404 404 401 404
POST /vault/{trashed}/delete                     401 404 404 404 404 404 404 404 401 404
POST /vault/{trashed}/restore                    401 404 404 404 303 404 404 404 401 404
POST /vault/{kept}/restore                       401 404 404 404 404 404 404 404 401 404
GET  /vault/{trashed}/purge                      303 404 404 404 200 404 404 404 303 404
GET  /vault/{kept}/purge                         303 404 404 404 404 404 404 404 303 404
POST /vault/{trashed}/purge                      401 404 404 404 303 404 404 404 401 404
POST /vault/{kept}/purge                         401 404 404 404 404 404 404 404 401 404
GET  /vault/{kept}/history                       303 404 403 200 200 404 404 404 303 404
GET  /vault/{trashed}/history                    303 404 404 404 404 404 404 404 303 404
GET  /vault/{kept}/activity                      303 404 403 200 200 404 404 404 303 404
GET  /vault/{trashed}/activity                   303 404 404 404 404 404 404 404 303 404
GET  /vault/{kept}/compare                       303 404 403 200 200 404 404 404 303 404
GET  /vault/{trashed}/compare                    303 404 404 404 404 404 404 404 303 404
GET  /vault/{kept}/versions/1/restore            303 404 403 200 200 404 404 404 303 404
GET  /vault/{kept}/versions/9/restore            303 404 403 404 404 404 404 404 303 404
GET  /vault/{trashed}/versions/1/restore         303 404 404 404 404 404 404 404 303 404
POST /vault/{kept}/versions/1/restore            401 404 403 303 303 404 404 404 401 404
POST /vault/{kept}/versions/9/restore            401 404 403 404 404 404 404 404 401 404
POST /vault/{trashed}/versions/1/restore         401 404 404 404 404 404 404 404 401 404
GET  /groups                                     303 200 200 200 200 200 200 200 303 200
GET  /groups/{group}                             303 404 404 404 200 200 200 200 303 404
GET  /groups/{system}                            303 404 404 404 404 404 404 200 303 404
GET  /groups/{unknown}                           303 404 404 404 404 404 404 404 303 404
GET  /groups/{group}/members                     303 404 404 404 403 403 200 200 303 404
POST /groups/{group}/members                     401 404 404 404 403 403 303 303 401 404
GET  /groups/{system}/members                    303 404 404 404 404 404 404 200 303 404
POST /groups/{group}/members/shown                401 404 404 404 403 403 200 200 401 404
POST /groups/{system}/members/shown               401 404 404 404 404 404 404 200 401 404
GET  /groups/{team}/leave                        303 404 404 404 200 200 200 404 303 404
POST /groups/{team}/leave                        401 404 404 404 303 303 303 404 401 404
GET  /groups/{system}/leave                      303 404 404 404 404 404 404 404 303 404
POST /groups/{system}/leave                      401 404 404 404 404 404 404 404 401 404
GET  /groups/{team}/delete                       303 403 403 403 403 403 403 200 303 403
POST /groups/{team}/delete                       401 403 403 403 403 403 403 303 401 403
GET  /groups/{system}/delete                     303 403 403 403 403 403 403 403 303 403
POST /groups/{system}/delete                     401 403 403 403 403 403 403 403 401 403
GET  /groups/{unknown}/delete                    303 403 403 403 403 403 403 404 303 403
GET  /admin/groups                               303 403 403 403 403 403 403 200 303 403
GET  /admin/groups/new                           303 403 403 403 403 403 403 200 303 403
POST /admin/groups/new                           401 403 403 403 403 403 403 303 401 403
GET  /groups/{group}/members/people              303 404 404 404 403 403 200 200 303 404
GET  /groups/{system}/members/people             303 404 404 404 404 404 404 200 303 404
GET  /groups/{group}/edit                        303 404 404 404 403 403 200 200 303 404
POST /groups/{group}/edit                        401 404 404 404 403 403 303 303 401 404
GET  /groups/{system}/edit                       303 404 404 404 404 404 404 403 303 404
POST /groups/{system}/edit                       401 404 404 404 404 404 404 403 401 404
GET  /groups/{group}/publications/{kept}/withdraw     303 404 404 404 200 404 200 200 303 404
POST /groups/{group}/publications/{kept}/withdraw     401 404 404 404 303 404 303 303 401 404
GET  /groups/{group}/publications/{trashed}/withdraw  303 404 404 404 404 404 404 404 303 404
POST /groups/{group}/publications/{trashed}/withdraw  401 404 404 404 404 404 404 404 401 404
GET  /groups/{system}/publications/{kept}/withdraw    303 404 404 404 404 404 404 404 303 404
"""


@dataclass(frozen=True)
class Line:
    """One line of the matrix."""

    method: str
    path: str
    statuses: Mapping[str, int]


def lines() -> list[Line]:
    """Return the matrix, read."""
    found = []
    for text in MATRIX.strip().splitlines():
        method, path, *statuses = text.split()
        assert len(statuses) == len(PEOPLE), text
        found.append(Line(method, path, dict(zip(PEOPLE, map(int, statuses), strict=True))))
    return found
