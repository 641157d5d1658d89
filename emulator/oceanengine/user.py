"""Whose token it is and what it may do."""

from typing import TYPE_CHECKING

from emulator.oceanengine import envelope, parameters
from emulator.oceanengine.oauth import SCOPES, USER_ID
from emulator.shared.wire import Call, Reply

if TYPE_CHECKING:
    from emulator.world.world import World

DISPLAY_NAME = "城南餐饮投放"
EMAIL = "c***@example.com"


def info(world: "World", call: Call) -> Reply:
    """GET /open_api/2/user/info/: the APIs are told by their paths, those that are denied left out."""
    parameters.single(call, ())
    user = {
        "id": USER_ID,
        "app_id": world.oauth.app_id,
        "display_name": DISPLAY_NAME,
        "email": EMAIL,
        "material_auth_status": world.oauth.material_auth,
        "token_api_list": world.permissions.paths(envelope.FAMILY.name),
        "token_scope_list": list(SCOPES),
    }
    return envelope.success(user)
