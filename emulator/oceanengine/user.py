"""The user of a token and what it may do."""

from emulator.oceanengine import envelope, parameters
from emulator.oceanengine.state import OceanEngine
from emulator.oceanengine.tokens import SCOPES, USER_ID
from emulator.shared.wire import Call, Reply

DISPLAY_NAME = "城南餐饮投放"
EMAIL = "c***@example.com"


def info(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/2/user/info/: APIs by their paths, without denied ones."""
    parameters.single(call, ())
    user = {
        "id": USER_ID,
        "app_id": ocean.oauth.app_id,
        "display_name": DISPLAY_NAME,
        "email": EMAIL,
        "material_auth_status": ocean.oauth.material_auth,
        "token_api_list": [path for name, path in ocean.paths.items() if name not in ocean.permissions.denied],
        "token_scope_list": list(SCOPES),
    }
    return envelope.success(user)
